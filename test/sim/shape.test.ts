import { describe, expect, it } from "vitest";
import { shapeDifferences } from "./shape.ts";

describe("shapeDifferences", () => {
  it("finds none where only values differ, or fields are missing from the answer", () => {
    expect(shapeDifferences({ a: 1, b: ["x"], c: { d: true } }, { a: 2, b: [] })).toEqual([]);
  });

  it("names fields that the model does not have, and values of another type", () => {
    expect(shapeDifferences({ a: 1, c: { d: true } }, { a: "1", c: { e: 0 } })).toEqual([
      "$.a: string instead of number",
      "$.c.e: not in the model",
    ]);
  });

  it("takes null for an empty list or map of any kind", () => {
    expect(shapeDifferences({ a: null, b: ["x"] }, { a: ["x"], b: null })).toEqual([]);
  });

  it("lets an item of a list fit any of the model's items", () => {
    const model = [{ kind: "a" }, { kind: "b", size: 1 }];
    expect(shapeDifferences(model, [{ size: 2 }, { kind: "c" }])).toEqual([]);
    expect(shapeDifferences(model, [{ size: "2" }])).toEqual(["$[0].size: not in the model"]);
  });

  it("does not take a list for a map", () => {
    expect(shapeDifferences({}, [])).toEqual(["$: list instead of object"]);
  });
});
