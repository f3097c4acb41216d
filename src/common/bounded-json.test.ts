import { describe, expect, it } from "vitest";
import { parseBoundedJson } from "./bounded-json.ts";

describe("parseBoundedJson", () => {
  it("returns the value of the text", () => {
    expect(parseBoundedJson('{"a": [1, "b,c", null]}', 100)).toEqual({ a: [1, "b,c", null] });
  });

  it("returns nothing for text that is not JSON", () => {
    expect(parseBoundedJson("{oops", 100)).toBeUndefined();
  });

  it.each([
    ["objects", `[${"{},".repeat(100)}{}]`],
    ["lists within lists", "[".repeat(101) + "]".repeat(101)],
    ["numbers", `[${"1,".repeat(100)}1]`],
    ["fields", JSON.stringify(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 1])))],
  ])("refuses a text with too many %s", (_, text) => {
    expect(parseBoundedJson(text, 100)).toBeUndefined();
    expect(parseBoundedJson(text, 1_000)).toEqual(JSON.parse(text));
  });

  it("accepts a long text with few values", () => {
    expect(parseBoundedJson(JSON.stringify(["x".repeat(10_000)]), 100)).toEqual(["x".repeat(10_000)]);
  });
});
