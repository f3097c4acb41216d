import { describe, expect, it } from "vitest";
import { gaugeHead, seriesLine } from "./exposition.ts";

describe("the text format", () => {
  it("has a line for each series, with the labels in the order in which they are given", () => {
    expect(seriesLine("up", { labels: { namespace: "a", name: "b" }, value: 1.5 })).toBe(
      'up{namespace="a",name="b"} 1.5\n',
    );
    expect(seriesLine("up", { labels: {}, value: 1 })).toBe("up{} 1\n");
  });

  it("lets no value of a label end it, or the line", () => {
    const labels = { name: 'a"} 1\nb{c="\\' };
    expect(seriesLine("up", { labels, value: 0 })).toBe('up{name="a\\"} 1\\nb{c=\\"\\\\"} 0\n');
  });

  it("describes a gauge", () => {
    expect(gaugeHead("up", "Back\\slash\nand line")).toBe("# HELP up Back\\\\slash\\nand line\n# TYPE up gauge\n");
  });
});
