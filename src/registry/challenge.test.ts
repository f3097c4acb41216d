import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

const parse = (header: string) => parseChallenges(header).map((c) => [c.scheme, Object.fromEntries(c.parameters)]);

describe("parseChallenges", () => {
  it.each([
    ['Basic realm="Registry"', [["basic", { realm: "Registry" }]]],
    [
      'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
      [["bearer", { realm: "https://auth.example.com/token", service: "registry", scope: "repository:a/b:pull,push" }]],
    ],
    [
      'bearer realm="https://a/token" , service=plain,error="insufficient_scope", Basic realm="x"',
      [
        ["bearer", { realm: "https://a/token", service: "plain", error: "insufficient_scope" }],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      'Negotiate, Basic realm="r"',
      [
        ["negotiate", {}],
        ["basic", { realm: "r" }],
      ],
    ],
    [
      'Negotiate dG9rZW4=, Bearer realm="r"',
      [
        ["negotiate", {}],
        ["bearer", { realm: "r" }],
      ],
    ],
    ['Basic realm="a \\"quoted\\" \\\\ realm"', [["basic", { realm: 'a "quoted" \\ realm' }]]],
    ['Bearer REALM = "x", Realm="second"', [["bearer", { realm: "x" }]]],
    [
      'Bearer realm="never closed, service="x"',
      [
        ["bearer", { realm: "never closed, service=" }],
        ["x", {}],
      ],
    ],
    ['Bearer realm="unterminated', [["bearer", {}]]],
    ["", []],
    [",,, ,", []],
    ["=x", []],
    ['Bearer realm=, service="x"', [["bearer", { service: "x" }]]],
  ])("reads %j", (header, expected) => {
    expect(parse(header)).toEqual(expected);
  });

  it("throws for no header", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (header) => void parseChallenges(header)));
    const pieces = fc.constantFrom("Bearer", "Basic", " ", ",", "=", '"', "\\", "realm", "x", "é", "==");
    fc.assert(fc.property(fc.array(pieces), (list) => void parseChallenges(list.join(""))));
  });

  it("reads back every header of the grammar (RFC 9110, sections 5.6 and 11.6.1)", () => {
    const headers = fc.tuple(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      separator,
      fc.constantFrom("", ", ", " ,,\t"),
    );
    fc.assert(
      fc.property(headers, ([challenges, between, around]) => {
        const header = `${around}${challenges.map(({ text }) => text).join(between)}${around.trim()}`;
        expect(parse(header)).toEqual(challenges.map(({ expected }) => expected));
      }),
      { numRuns: 500 },
    );
  });
});

/** A piece of a header as it is written, and what it says. */
interface Written<T> {
  readonly text: string;
  readonly expected: T;
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
/** Optional white space; elements of a list may be empty. */
const white = fc.constantFrom("", " ", "\t", "  ");
const separator = fc.constantFrom(",", ", ", " ,\t", ", ,", ",,");
const quotable = fc.oneof(
  fc.constantFrom("\t", " ", "!", '"', "\\", ",", "=", "a"),
  fc.integer({ min: 0x21, max: 0x7e }).map(char),
  fc.integer({ min: 0x80, max: 0xff }).map(char),
);
const value: fc.Arbitrary<Written<string>> = fc.oneof(
  token.map((text) => ({ text, expected: text })),
  fc.array(fc.tuple(quotable, fc.boolean()), { maxLength: 12 }).map((characters) => ({
    // Any character may be escaped; two must be.
    text: `"${characters.map(([one, escaped]) => (escaped || one === '"' || one === "\\" ? `\\${one}` : one)).join("")}"`,
    expected: characters.map(([one]) => one).join(""),
  })),
);
const parameter = fc.tuple(token, white, white, value).map(([name, before, after, { text, expected }]) => ({
  text: `${name}${before}=${after}${text}`,
  expected: [name.toLowerCase(), expected] as const,
}));
const parameters = fc
  .tuple(fc.uniqueArray(parameter, { minLength: 1, maxLength: 4, selector: ({ expected }) => expected[0] }), separator)
  .map(([list, between]) => ({
    text: ` ${list.map(({ text }) => text).join(between)}`,
    expected: Object.fromEntries(list.map(({ expected }) => expected)),
  }));
const token68 = fc
  .stringMatching(/^[A-Za-z0-9._~+/-]{1,12}={0,2}$/)
  .map((text) => ({ text: ` ${text}`, expected: {} }));
const part = fc
  .tuple(token, fc.oneof(fc.constant({ text: "", expected: {} }), token68, parameters))
  .map(([scheme, { text, expected }]) => ({ text: `${scheme}${text}`, expected: [scheme.toLowerCase(), expected] }));

function char(code: number): string {
  return String.fromCharCode(code);
}
