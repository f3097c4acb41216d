const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, QUOTE, BACKSLASH, SPACE] = [0x2c, 0x22, 0x5c, 0x20];

/**
 * Yields the items of a JSON list as the bytes of their texts, so that a long list can be parsed in slices. Does not
 * validate the items. Throws a SyntaxError if the text is not a list or an item is longer than `maxItemBytes`. The
 * message never quotes the text.
 */
export function* jsonItems(body: Buffer, maxItemBytes: number): Generator<Buffer> {
  let at = skipSpace(body, 0);
  if (body[at] !== OPEN_LIST) throw new SyntaxError("not a list");
  at = skipSpace(body, at + 1);
  if (body[at] === CLOSE_LIST) {
    endOf(body, at + 1);
    return;
  }
  for (;;) {
    const end = itemEnd(body, at, maxItemBytes);
    yield body.subarray(at, end);
    if (body[end] === CLOSE_LIST) {
      endOf(body, end + 1);
      return;
    }
    at = end + 1;
  }
}

/** Finds the comma or the end of the list after an item. */
function itemEnd(body: Buffer, start: number, maxBytes: number): number {
  let depth = 0;
  let quoted = false;
  const limit = Math.min(body.length, start + maxBytes);
  for (let at = start; at < limit; at++) {
    const byte = body[at];
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) return at;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  throw new SyntaxError(limit === body.length ? "not a complete list" : `an item is longer than ${maxBytes} bytes`);
}

function skipSpace(body: Buffer, start: number): number {
  let at = start;
  while (at < body.length && (body[at] ?? 0) <= SPACE) at++;
  return at;
}

function endOf(body: Buffer, at: number): void {
  if (skipSpace(body, at) !== body.length) throw new SyntaxError("something follows the list");
}
