import { describe, expect, it } from "vitest";
import { breakable, html } from "./html.ts";

describe("the HTML template", () => {
  it.each([
    ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
    [`" onmouseover="x`, "&quot; onmouseover=&quot;x"],
    ["' & '", "&#39; &amp; &#39;"],
    ["a\u202eb\u2066c", "a\ufffdb\ufffdc"],
    ["a\u0000\nb", "a\ufffd\ufffdb"],
  ])("escapes %j", (given, shown) => {
    expect(html`<p title="${given}">${given}</p>`.text).toBe(`<p title="${shown}">${shown}</p>`);
  });

  it("cuts a very long text", () => {
    expect(html`${"x".repeat(10_000)}`.text.length).toBeLessThan(3_000);
  });

  it("takes HTML as it is, and leaves out what is undefined", () => {
    expect(html`${[html`<b>${"<"}</b>`, html`<i></i>`]}${undefined}${3}`.text).toBe("<b>&lt;</b><i></i>3");
  });
});

it.each([
  ["registry.example.com:5000/shop/web:1.2", "registry.example.com<wbr>:5000/<wbr>shop/<wbr>web<wbr>:1.2"],
  ["web@sha256:ab", "web<wbr>@sha256<wbr>:ab"],
  ["<b>/&", "&lt;b&gt;/<wbr>&amp;"],
  ["::@@//", "::@@//"],
  ["web/", "web/"],
])("lets a name break at its separators: %s", (name, text) => {
  expect(breakable(name).text).toBe(text);
});

it("bounds the breaks of a long name", () => {
  expect(breakable("a/".repeat(100_000)).text.length).toBeLessThan(10_000);
});
