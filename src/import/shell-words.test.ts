import { describe, expect, it } from "vitest";
import { shellQuote, shellWords } from "./shell-words.ts";

describe("shellWords", () => {
  it.each([
    ["--host tcp://h:1  -e", ["--host", "tcp://h:1", "-e"]],
    [`--name 'a b' "c d"e ""`, ["--name", "a b", "c de", ""]],
    [String.raw`a\ b "c\"d" 'e\f'`, ["a b", 'c"d', String.raw`e\f`]],
    ["a \\\n b", ["a", "b"]],
    ["", []],
  ])("parts %j as a shell does", (text, words) => {
    expect(shellWords(text)).toEqual({ ok: true, value: words });
  });

  it("refuses an open quote", () => {
    expect(shellWords("a 'b")).toMatchObject({ ok: false });
  });

  it("is the inverse of shellQuote", () => {
    for (const word of ["a", "a b", "it's", `"$HOME"`, "", "--from-file=a=/x y/z", "\\"]) {
      expect(shellWords(shellQuote(word))).toEqual({ ok: true, value: [word] });
    }
  });
});
