import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextLink } from "./link-header.ts";

describe("nextLink", () => {
  it.each([
    ['</v2/team/app/tags/list?last=b&n=2>; rel="next"', "/v2/team/app/tags/list?last=b&n=2"],
    ["<https://reg.example.com/v2/a/tags/list?n=1,2>;rel=next", "https://reg.example.com/v2/a/tags/list?n=1,2"],
    ['</p>; title="a, b; rel=next"; rel="prev", </n>; REL = "last NEXT"', "/n"],
    ['</a>; rel="prev"; rel="next"', undefined],
    ['</a>; rel="nextish"', undefined],
    ["</a>", undefined],
    ["</a>; rel", undefined],
    ["/a; rel=next", undefined],
    ['</a>; rel="unterminated, </b>; rel=next', undefined],
    ["", undefined],
  ])("reads %j", (header, expected) => {
    expect(nextLink(header)).toBe(expected);
  });

  it("throws for no header", () => {
    const pieces = fc.constantFrom("<", ">", "/a", ";", "rel", "=", '"', "next", ",", " ", "\\");
    const headers = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((list) => list.join("")),
    );
    fc.assert(fc.property(headers, (header) => void nextLink(header)));
  });

  it("finds the next one among links of the grammar", () => {
    const target = fc.webUrl({ withQueryParameters: true });
    const text = fc.string({ unit: "grapheme-ascii" }).map((value) => `"${value.replace(/[\\"]/g, "\\$&")}"`);
    const other = fc.tuple(target, text).map(([url, title]) => `<${url}>; title=${title}; rel=prev`);
    fc.assert(
      fc.property(fc.array(other), target, fc.array(other), (before, next, after) => {
        expect(nextLink([...before, `<${next}>; rel="next"`, ...after].join(", "))).toBe(next);
      }),
    );
  });
});
