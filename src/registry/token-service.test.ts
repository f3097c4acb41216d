import { describe, expect, it } from "vitest";
import { readToken } from "./token-service.ts";

const token = (value: unknown) => readToken(JSON.stringify({ token: value }))?.value;

describe("the answer of a token service", () => {
  it.each([
    "abc",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIifQ.c2ln",
    "djE6dGVhbS9hcHA=",
    "a-b._c~d+e/f==",
    "a".repeat(16_384),
  ])("is a token as RFC 6750 has it", (value) => expect(token(value)).toBe(value));

  it.each([
    "a".repeat(16_385),
    "two words",
    "line\r\nHost: evil",
    '{"json":"of something else"}',
    "user:password",
    "=abc",
    "ab=c",
    "\u00fc",
    "",
    42,
    null,
    ["abc"],
  ])("is not a token if it is something else", (value) => expect(token(value)).toBeUndefined());

  it("prefers the name of the specification, and takes the other", () => {
    expect(readToken('{"token":"a","access_token":"b"}')?.value).toBe("a");
    expect(readToken('{"token":"","access_token":"b"}')?.value).toBe("b");
    expect(readToken("<html>")).toBeUndefined();
  });
});
