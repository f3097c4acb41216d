import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { cutTo, wrap } from "./wrap.ts";

describe("wrap", () => {
  it.each([
    ["a text that fits", "one two", 10, ["one two"]],
    ["a text that does not", "one two three", 7, ["one two", "three"]],
    ["a word that is longer than a line", "a sha256:abcdef b", 8, ["a", "sha256:a", "bcdef b"]],
    ["wide characters", "日本語 日本語", 6, ["日本語", "日本語"]],
    ["what would steer a terminal", "one\n\u001b[2Jtwo", 20, ["one [2Jtwo"]],
    ["nothing", "", 10, []],
  ])("breaks %s between words", (_what, text, width, expected) => {
    expect(wrap(text, width)).toEqual(expected);
  });

  it("ends in an ellipsis behind a whole word if it takes more lines than it may", () => {
    expect(wrap("one two three four", 7, 1)).toEqual(["one…"]);
    expect(wrap("one two three four", 8, 1)).toEqual(["one two…"]);
    expect(wrap("abcdefghijkl", 5, 1)).toEqual(["abcd…"]);
  });
});

describe("cutTo", () => {
  it("counts columns of the screen and never halves a character", () => {
    for (const text of ["abcdefgh", "日本語日本語", "a👩‍👩‍👧b👩‍👩‍👧c"]) {
      const cut = cutTo(text, 5);
      expect(stringWidth(cut)).toBeLessThanOrEqual(5);
      expect(cut.isWellFormed()).toBe(true);
    }
    expect(cutTo("abc", 3)).toBe("abc");
  });
});
