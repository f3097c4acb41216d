/**
 * Parses a JSON text from outside. Returns undefined if it is not valid JSON or contains more than `maxValues` values.
 * A limit in bytes is not enough: 32 MiB of `[{},{},…` take a gigabyte, and block the process for three seconds.
 * Separators in strings are also counted, so `maxValues` must leave room for them. The parser's message is dropped,
 * because it quotes the text, which can contain a secret.
 */
export function parseBoundedJson(text: string, maxValues: number): unknown {
  if (text.length > maxValues && holdsMore(text, maxValues)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Counts `,`, `:`, `[` and `{`, one of which precedes every value except the first. */
function holdsMore(text: string, maxValues: number): boolean {
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if ((unit === 0x2c || unit === 0x3a || unit === 0x5b || unit === 0x7b) && ++values > maxValues) return true;
  }
  return false;
}
