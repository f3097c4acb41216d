import { foreignText } from "./foreign-text.ts";

const MAX_LENGTH = 200;
/** This is far more than is shown, even if most of it is white space. */
const MAX_SEARCHED = 16 * 1024;

/** Returns text from outside on one line, short enough for a condition. */
export function shorten(text: string): string {
  return foreignText(
    text
      .slice(0, MAX_SEARCHED)
      .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
      .trim(),
    MAX_LENGTH,
  );
}
