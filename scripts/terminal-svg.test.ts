import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { picture } from "./terminal-svg.ts";

describe("the picture of a terminal", () => {
  it("keeps the colours, and escapes what SVG would read as markup", () => {
    const svg = picture("a <b> & \u001b[31mFalse\u001b[39m  end\nsecond");
    expect(svg).toContain('>a &lt;b&gt; &amp; <tspan class="r">False</tspan>  end</text>');
    expect(svg).toContain(">second</text>");
    expect(svg).not.toContain("\u001b");
  });

  it("that the README shows has lines of at most 80 columns", () => {
    const svg = readFileSync(new URL("../docs/demo.svg", import.meta.url), "utf8");
    const lines = [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, text = ""]) =>
      text.replaceAll(/<[^>]*>/g, "").replaceAll(/&\w+;/g, "x"),
    );
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
