const TARGET = /[\s,]*<([^>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;

/**
 * The target of the first link that is the `next` one of a Link header (RFC 8288), as it is written there. What follows
 * malformed text is not read; nothing throws.
 */
export function nextLink(header: string): string | undefined {
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(header) ?? undefined;
    position += match?.[0].length ?? 0;
    return match;
  };
  for (let link = take(TARGET); link !== undefined; link = take(TARGET)) {
    // Of several relations only the first counts.
    let relation: string | undefined;
    for (let parameter = take(PARAMETER); parameter !== undefined; parameter = take(PARAMETER)) {
      const [, name = "", quoted, plain] = parameter;
      if (name.toLowerCase() === "rel") relation ??= quoted ?? plain;
    }
    if (relation?.toLowerCase().split(/\s+/).includes("next")) return link[1];
  }
  return undefined;
}
