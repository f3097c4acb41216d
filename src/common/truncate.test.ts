import { describe, expect, it } from "vitest";
import { truncate, truncateUtf8 } from "./truncate.ts";

describe("truncate", () => {
  it("does not change a text that is short enough", () => {
    expect(truncate("12345", 5)).toBe("12345");
  });

  it("shows that something is missing", () => {
    expect(truncate("1234567", 6)).toBe("12345…");
  });

  it("never leaves half a character", () => {
    expect(truncate("ab😀cdef", 4)).toBe("ab…");
    expect(truncate("ab😀cdef", 5)).toBe("ab😀…");
  });

  it("replaces half a character that was there before", () => {
    expect(truncate("a\ud83db", 5)).toBe("a\ufffdb");
  });
});

describe("truncateUtf8", () => {
  it("does not change a text that is short enough", () => {
    expect(truncateUtf8("x".repeat(1_024), 1_024)).toBe("x".repeat(1_024));
  });

  it.each(["é", "€", "😀"])("never cuts %s in two", (character) => {
    for (let padding = 0; padding < 4; padding++) {
      const cut = truncateUtf8("x".repeat(padding) + character.repeat(1_000), 1_024);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1_024);
      expect(Buffer.byteLength(cut)).toBeGreaterThan(1_016);
      expect(cut).toMatch(new RegExp(`^x*(${character})+…$`, "u"));
    }
  });
});
