import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { toJson, toYaml } from "./escaped.ts";

const ODD = "a\x1b[31m\x07b\x9b2J\u202ec\u2066\u200f\u2028\u{E0041}\r\x7f";
const VALUE = {
  [`key ${ODD}`]: ODD,
  lines: `one\ntwo ${ODD}\n`,
  pem: "-----BEGIN X-----\nAA==\n-----END X-----\n",
  plain: "żółw 生产 \u{1F433}",
  no: [ODD, 1, true, null],
};

describe("data that is printed", () => {
  it.each([
    ["JSON", (value: unknown) => toJson(value), (text: string): unknown => JSON.parse(text)],
    ["YAML", (value: unknown) => toYaml(value), (text: string): unknown => parse(text)],
    [
      "YAML 1.1",
      (value: unknown) => toYaml(value, { version: "1.1", blockQuote: "literal" }),
      (text: string): unknown => parse(text, { version: "1.1" }),
    ],
  ])("has the same value as %s, without anything that controls a terminal", (_what, write, read) => {
    const text = write(VALUE);
    expect(read(text)).toEqual(VALUE);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(text).toContain("żółw 生产 \u{1F433}");
  });

  it("does not change ordinary text: blocks of lines, no more quotes than needed", () => {
    expect(toYaml({ pem: VALUE.pem, name: "edge" }, { blockQuote: "literal" })).toBe(
      "pem: |\n  -----BEGIN X-----\n  AA==\n  -----END X-----\nname: edge\n",
    );
  });
});
