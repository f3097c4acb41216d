import { describe, expect, it } from "vitest";
import { expiryWindow } from "./expiry-window.ts";

const DAY_MS = 24 * 3_600_000;

describe("expiryWindow", () => {
  it.each([
    ["a year", 365, 21],
    ["90 days", 90, 21],
    ["84 days", 84, 21],
    ["a week", 7, 1.75],
    ["a day", 1, 0.25],
  ])("of a certificate for %s is a quarter of its life, at most three weeks", (_name, days, window) => {
    const notBefore = "2026-01-01T00:00:00Z";
    const notAfter = new Date(Date.parse(notBefore) + days * DAY_MS).toISOString();
    expect(expiryWindow({ notBefore, notAfter })).toBe(window * DAY_MS);
  });
});
