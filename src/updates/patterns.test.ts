import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "./patterns.ts";

function matches(source: string, name: string): boolean {
  const pattern = compilePattern(source);
  if (!pattern.ok) throw new Error(pattern.failure);
  return pattern.value.matches(name);
}

describe("a pattern", () => {
  it.each([
    ["web", "web", true],
    ["web", "web-1", false],
    ["web", "my-web", false],
    ["web.*", "web-1", true],
    ["a|b", "b", true],
    ["a|b", "ab", false],
    ["(?i)WEB", "web", true],
    ["registry.example.com:5000/team/.*", "registry.example.com:5000/team/app", true],
    ["registry.example.com:5000/team/.*", "registry.example.com:5000/other/app", false],
    // Equal, although as an expression it would not match.
    ["a+b", "a+b", true],
    ["a\\.b", "a.b", true],
    ["a\\.b", "axb", false],
    ["web", "web\n", false],
  ])("%s on %s: %s", (source, name, expected) => {
    expect(matches(source, name)).toBe(expected);
  });

  it.each([
    ["*", "missing argument to repetition operator: `*`"],
    ["(", "missing closing )"],
    ["(?=web)", "invalid or unsupported Perl syntax"],
    ["(a)\\1", "invalid escape sequence"],
    ["a{1001}", "it needs 1005 instructions, each repetition counted as often as it may repeat, and the limit is 500"],
    ["(x{0,999}){0,1}".repeat(15), "it needs 30063 instructions"],
    ["(?:.?{32}){1000}", "it needs 98004 instructions"],
    ["((a{99999999}){99999999}){99999999}", "it needs more than 1000000 instructions"],
  ])("%s is refused", (source, problem) => {
    expect(compilePattern(source)).toEqual({ ok: false, failure: expect.stringContaining(problem) });
  });

  it("is held against the beginning of a text that is longer than any name", () => {
    expect(matches("a.*", "a".repeat(100_000))).toBe(true);
    expect(matches("a.*b", `${"a".repeat(100_000)}b`)).toBe(false);
  });

  it("is either compiled or refused, whatever the text, and matches its own text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 64 }), (source) => {
        const pattern = compilePattern(source);
        return pattern.ok ? pattern.value.matches(source) : pattern.failure !== "";
      }),
    );
  });
});
