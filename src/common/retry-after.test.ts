import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "./retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

describe("parseRetryAfter", () => {
  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
    ["999999999", 86_400_000],
    ["Fri, 01 Jan 2100 00:00:00 GMT", 86_400_000],
  ])("reads %j", (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(NOW + expected);
  });

  it.each([undefined, "", "-1", "1.5", "soon", "331µs, allowed: 44000/minute", "2026-01-01", "Xxx, 99 Foo 00:00:00"])(
    "returns nothing for %j",
    (header) => {
      expect(parseRetryAfter(header, NOW)).toBeUndefined();
    },
  );
});
