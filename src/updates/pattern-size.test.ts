import fc from "fast-check";
import { RE2JS, RE2JSException } from "re2js";
import { describe, expect, it } from "vitest";
import { patternSize } from "./pattern-size.ts";

/** Undefined for what is not a valid expression. */
function compiledSize(source: string): number | undefined {
  try {
    return RE2JS.compile(source).programSize();
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

const ATOMS = [
  ..."ab.^$-{}é😀",
  ...[
    "",
    "\\d",
    "\\b",
    "\\x41",
    "\\x{1F600}",
    "\\141",
    "\\(",
    "\\[",
    "\\pL",
    "\\p{Greek}",
    "\\Qa|b*\\E",
    "\\Q\\E",
    "\\Qab",
  ],
  ...["[a-z]", "[^]x]", "[[:alpha:]\\d-]", "[)(]", "[]]", "[\\]]", "[a\\-z]", "[+--]", "{,3}", "(?i)"],
];
const REPEATS = [
  "",
  "*",
  "+",
  "?",
  "*?",
  "{0}",
  "{1}",
  "{2}",
  "{3,}",
  "{0,}",
  "{1,}",
  "{0,4}",
  "{2,5}",
  "{3}?",
  "{0,1}",
];

const atom = fc.constantFrom(...ATOMS);
const repeat = fc.constantFrom(...REPEATS);
const { expression } = fc.letrec((tie) => {
  const inner = tie("expression");
  return {
    expression: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(inner, repeat).map(([a, r]) => `(?:${a})${r}`),
      fc.tuple(inner, repeat).map(([a, r]) => `(${a})${r}`),
      fc.tuple(inner, repeat).map(([a, r]) => `${a}${r}`),
      fc.tuple(inner, inner).map(([a, b]) => `${a}${b}`),
      fc.tuple(inner, inner).map(([a, b]) => `${a}|${b}`),
      inner.map((a) => `(?P<n>${a})`),
    ),
  };
});
const scraps = fc
  .array(fc.oneof(atom, repeat, fc.constantFrom(..."()|[]\\", "(?:")), { maxLength: 12 })
  .map((parts) => parts.join(""));

describe("the size of an expression", () => {
  it("is never less than what it compiles to", () => {
    fc.assert(
      fc.property(fc.oneof(expression, scraps), (source) => {
        const size = patternSize(String(source));
        // Larger ones are not compiled, here as elsewhere.
        return size > 2_000 || (compiledSize(String(source)) ?? 0) <= size;
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "web",
    "registry.example.com:5000/team/.*",
    "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "(?i)web-[a-z]+",
    "v?(\\d+\\.\\d+\\.\\d+)(?:-alpine.*)?",
    ".{1,200}",
    "(?:a|bc|def){20}",
  ])("is close to that: %s", (source) => {
    const compiled = compiledSize(source) ?? 0;
    expect(patternSize(source)).toBeLessThanOrEqual(compiled * 1.5 + 5);
  });

  it("multiplies repetitions within each other", () => {
    expect(patternSize("(?:(?:a{10}){10}){10}")).toBeGreaterThanOrEqual(1_000);
    expect(patternSize("((((a{1000}){1000}){1000}){1000}){1000}")).toBeGreaterThan(1e15);
    expect(patternSize("a{500}(?i){500}")).toBeGreaterThan(250_000);
    expect(patternSize("a{500}\\Q\\E{500}")).toBeGreaterThan(250_000);
  });

  it.each([
    ["(?i)[b-\\x{1E942}]", 1_900],
    ["(?i)[b-𞥂]", 1_900],
    ["(?i)[\\x{62}-\\x{1E942}\\-z]", 1_900],
    ["\\pL{100}", 5_000],
    ["[\\pL\\pN]{100}", 10_000],
    ["\\P{^Greek}{100}", 5_000],
  ])("counts classes that take long to compile: %s", (source, least) => {
    expect(patternSize(source)).toBeGreaterThanOrEqual(least);
  });
});
