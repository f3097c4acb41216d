/** Cuts to at most `maxBytes` of UTF-8, never inside a character; a cut text ends in an ellipsis. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const ellipsis = "…";
  const kept = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength(ellipsis));
  // In stream mode an unfinished character at the end is left out rather than replaced.
  return new TextDecoder().decode(kept, { stream: true }) + ellipsis;
}
