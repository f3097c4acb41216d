import { describe, expect, it } from "vitest";
import { parseRemaining } from "./rate-limit-header.ts";

describe("parseRemaining", () => {
  it.each([
    ["87;w=21600", { requests: 87, windowMs: 21_600_000 }],
    ["0;w=21600", { requests: 0, windowMs: 21_600_000 }],
    [" 5 ; w=60 ", { requests: 5, windowMs: 60_000 }],
    ["12", { requests: 12 }],
    ["", undefined],
    ["-1;w=60", undefined],
    ["many", undefined],
    ["1;w=60;x", undefined],
    ["99999999999999999999", undefined],
    [undefined, undefined],
    [["1", "2"], undefined],
  ])("reads %j as %j", (header, remaining) => {
    expect(parseRemaining(header)).toEqual(remaining);
  });
});
