import { describe, expect, it } from "vitest";
import { CLIENT_MAX, CLIENT_MIN, compareVersions, isApiVersion, negotiate } from "./negotiate.ts";

function agreed(apiVersion: string, minAPIVersion: string | undefined, pinned?: string): string {
  const version = negotiate({ apiVersion, minAPIVersion }, pinned, "https://edge-7:2376");
  return version.ok ? version.value : `${version.failure.reason}: ${version.failure.message}`;
}

describe("negotiate", () => {
  it.each([
    ["Docker 20.10", "1.41", "1.12", "1.41"],
    ["Docker 25", "1.44", "1.24", "1.44"],
    ["Docker 29.0", "1.52", "1.44", "1.52"],
    ["the newest that is known", CLIENT_MAX, "1.40", CLIENT_MAX],
    ["one from the future", "1.99", "1.50", CLIENT_MAX],
    ["one that reports no minimum", "1.43", undefined, "1.43"],
  ])("agrees with %s", (_name, max, min, expected) => {
    expect(agreed(max, min)).toBe(expected);
  });

  it.each([
    ["too old", "1.40", "1.12", "serves API 1.12 to 1.40"],
    ["too new", "1.120", "1.100", "serves API 1.100 to 1.120"],
  ])("refuses a daemon that is %s", (_name, max, min, words) => {
    const refusal = agreed(max, min);
    expect(refusal).toContain("APIVersionUnsupported: The daemon at https://edge-7:2376");
    expect(refusal).toContain(words);
    expect(refusal).toContain(`API ${CLIENT_MIN} to ${CLIENT_MAX}`);
  });

  it.each([
    ["1.45", "1.24", "1.44"],
    ["1.45", "1.24", "1.24"],
    ["1.99", "1.44", "1.99"],
  ])("takes a pinned version that a daemon with %s (from %s) serves: %s", (max, min, pinned) => {
    expect(agreed(max, min, pinned)).toBe(pinned);
  });

  it.each([
    ["1.45", "1.24", "1.46"],
    ["1.45", "1.44", "1.43"],
  ])("refuses a pinned version out of the range of a daemon with %s (from %s): %s", (max, min, pinned) => {
    expect(agreed(max, min, pinned)).toBe(
      `APIVersionUnsupported: The daemon at https://edge-7:2376 serves API ${min} to ${max}, not the pinned ${pinned}. Update the older side, or change or remove spec.apiVersion.`,
    );
  });

  it("counts by number, not by text", () => {
    expect(compareVersions("1.9", "1.41")).toBeLessThan(0);
    expect(compareVersions("1.100", "1.99")).toBeGreaterThan(0);
    expect(compareVersions("1.44", "1.44")).toBe(0);
  });

  it("recognizes a version", () => {
    expect(["1.41", "1.999", "2.0", "1", "1.4x", "", 1.41, undefined].map(isApiVersion)).toEqual([
      true,
      true,
      ...Array<boolean>(6).fill(false),
    ]);
  });
});
