/**
 * What a JSON text from outside holds; undefined for what is no JSON, and for what holds more than `maxValues` values.
 * A bound in bytes is not enough: 32 MiB of `[{},{},…` take a gigabyte, and three seconds in which nothing else happens.
 * Separators within strings are counted as well, so `maxValues` must leave room for those. The parser's message is
 * dropped: it quotes the text, which may hold a secret.
 */
export function parseBoundedJson(text: string, maxValues: number): unknown {
  if (text.length > maxValues && holdsMore(text, maxValues)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every value but the first has a `,`, `:`, `[` or `{` before it. */
function holdsMore(text: string, maxValues: number): boolean {
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if ((unit === 0x2c || unit === 0x3a || unit === 0x5b || unit === 0x7b) && ++values > maxValues) return true;
  }
  return false;
}
