/**
 * Replaces characters in foreign text that move a terminal's cursor or change the writing direction, which no name
 * needs. The text goes into statuses, which people print with all kinds of tools.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}
