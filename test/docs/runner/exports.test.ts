import { describe, expect, it } from "vitest";
import { exportsOf, withValues } from "./exports.ts";

const block = "export HOST=edge-7.example.com   # its name\nexport PORT=2376\necho export HOST=no\n";

describe("exportsOf", () => {
  it("finds what the block sets", () => {
    expect(exportsOf(block)).toEqual({ HOST: "edge-7.example.com", PORT: "2376" });
  });
});

describe("withValues", () => {
  it("replaces the values of the reader's variables, and nothing else", () => {
    expect(withValues(block, { HOST: "localhost", OTHER: "1" })).toBe(
      "export HOST='localhost'\nexport PORT=2376\necho export HOST=no\n",
    );
  });
});
