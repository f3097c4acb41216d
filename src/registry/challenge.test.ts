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

  it("reads back every challenge of the grammar", () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,10}$/);
    const challenge = fc.record({
      scheme: token,
      parameters: fc.dictionary(token, fc.string(), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    });
    const quote = (value: string) => `"${value.replace(/[\\"]/g, "\\$&")}"`;
    fc.assert(
      fc.property(fc.array(challenge, { minLength: 1, maxLength: 3 }), (challenges) => {
        const header = challenges
          .map(
            (c) =>
              `${c.scheme} ${Object.entries(c.parameters)
                .map(([k, v]) => `${k}=${quote(v)}`)
                .join(",")}`,
          )
          .join(", ");
        expect(parse(header)).toEqual(challenges.map((c) => [c.scheme, c.parameters]));
      }),
    );
  });
});
