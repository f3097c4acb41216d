const ELLIPSIS = "…";

/**
 * Cuts to at most `max` UTF-16 units, never inside a character. A cut text ends in an ellipsis. Halves of characters,
 * which JSON can contain, are replaced like the API server does; otherwise, the stored text would never equal the
 * written one.
 */
export function truncate(given: string, max: number): string {
  const text = given.toWellFormed();
  if (text.length <= max) return text;
  const kept = text.slice(0, max - ELLIPSIS.length);
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept) + ELLIPSIS;
}

/** Cuts to at most `maxBytes` of UTF-8, never inside a character. A cut text ends in an ellipsis. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const kept = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength(ELLIPSIS));
  // In stream mode, an incomplete character at the end is left out instead of replaced.
  return new TextDecoder().decode(kept, { stream: true }) + ELLIPSIS;
}
