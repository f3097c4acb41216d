import { truncate } from "./truncate.ts";

/** Text from outside, on one line and short enough for a condition. */
export function shorten(text: string): string {
  return truncate(text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim(), 200);
}
