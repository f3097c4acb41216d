/**
 * A text of others with each character replaced that no name has a use for, and that moves a terminal's cursor or turns
 * the direction of writing: it goes into statuses, which people print with all kinds of tools.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}
