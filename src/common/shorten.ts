import { foreignText } from "./foreign-text.ts";

const MAX_LENGTH = 200;
/** Far more than is shown, also where it is mostly white space. */
const MAX_SEARCHED = 16 * 1024;

/** Text from outside, on one line and short enough for a condition. */
export function shorten(text: string): string {
  return foreignText(
    text
      .slice(0, MAX_SEARCHED)
      .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
      .trim(),
    MAX_LENGTH,
  );
}
