import { describe, expect, it } from "vitest";
import { jitter } from "./random.ts";

describe("jitter", () => {
  it.each([
    [0, 900],
    [0.25, 950],
    [0.5, 1_000],
    [0.75, 1_050],
  ])("moves a time by up to its fraction in both directions: %d gives %d", (number, ms) => {
    expect(jitter(1_000, 0.1, () => number)).toBeCloseTo(ms);
  });

  it("does not change a time without a fraction", () => {
    expect(jitter(1_000, 0, () => 0.9)).toBe(1_000);
  });
});
