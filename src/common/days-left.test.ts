import { describe, expect, it } from "vitest";
import { daysLeft } from "./days-left.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");

describe("daysLeft", () => {
  it.each([
    ["2026-01-15T12:00:00Z", "14 days left"],
    ["2026-01-15T11:59:59Z", "13 days left"],
    ["2026-01-02T12:00:00Z", "1 day left"],
    ["2026-01-02T11:59:59Z", "less than a day left"],
    ["2026-01-01T12:00:00Z", "less than a day left"],
    ["2026-01-01T11:59:59Z", "less than a day ago"],
    ["2025-12-31T12:00:00Z", "1 day ago"],
    ["2025-12-25T12:00:00Z", "7 days ago"],
  ])("describes %s as: %s", (until, expected) => {
    expect(daysLeft(until, NOW)).toBe(expected);
  });
});
