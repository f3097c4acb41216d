import { describe, expect, it } from "vitest";
import { foreignText } from "./foreign-text.ts";

const JWT = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(40)}.${"b".repeat(40)}`;

describe("foreignText", () => {
  it.each([
    ["27.3.1", "27.3.1"],
    ["linux", "linux"],
    ["CN=edge-7.example.com, O=Example", "CN=edge-7.example.com, O=Example"],
    ["team_app-1.web", "team_app-1.web"],
    ["27.0\u001b[2J\u202e", "27.0\ufffd[2J\ufffd"],
    [`CN=${JWT}`, "CN=[redacted]"],
    ["Basic dXNlcjpodW50ZXIyMTIz", "[redacted]"],
    ["app password=hunter2", "app password=[redacted]"],
    ["https://me:hunter2@example.com", "https://[redacted]@example.com"],
    ["-----BEGIN PRIVATE KEY-----\nMIIEvQ", "[redacted]"],
  ])("makes %j %j", (given, shown) => {
    expect(foreignText(given, 256)).toBe(shown);
  });

  it("is bounded, and shows no part of a secret that is longer than what is shown or searched", () => {
    expect(foreignText("x".repeat(10_000_000), 64)).toHaveLength(64);
    expect(foreignText(`name ${JWT}`, 20)).toBe("name [redacted]");
    expect(foreignText(`${"x ".repeat(2_030)}${JWT}`, 64)).not.toContain("eyJ");
  });
});
