import { describe, expect, it } from "vitest";
import { boundedWarnings } from "./bounded-warnings.ts";
import { MAX_WARNING_LENGTH } from "./status.ts";

describe("boundedWarnings", () => {
  it("keeps each warning once, and no more than there is room for", () => {
    expect(boundedWarnings(["a", "b", "a", "c"], 2)).toEqual(["a", "b"]);
    expect(boundedWarnings(["a"], 2)).toEqual(["a"]);
  });

  it("leaves room for the last ones", () => {
    expect(boundedWarnings(["a", "b", "c"], 2, ["z"])).toEqual(["a", "z"]);
    expect(boundedWarnings([], 2, ["z"])).toEqual(["z"]);
  });

  it("cuts long warnings", () => {
    const long = "x".repeat(MAX_WARNING_LENGTH + 1);
    const lengths = boundedWarnings([long], 2, [long]).map(({ length }) => length);
    expect(lengths).toEqual([MAX_WARNING_LENGTH, MAX_WARNING_LENGTH]);
  });
});
