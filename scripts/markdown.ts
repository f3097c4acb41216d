/** Escapes plain text for the cell of a table. */
export function cell(text: string): string {
  return text.replace(/[|<]/g, "\\$&");
}
