const TARGET = /[\s,]*<([^>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;

/**
 * Returns the target of the first `next` link in a Link header (RFC 8288), unchanged. Nothing after malformed text is
 * read; this never throws.
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
    // If a link has several relation types, only the first counts.
    let relation: string | undefined;
    for (let parameter = take(PARAMETER); parameter !== undefined; parameter = take(PARAMETER)) {
      const [, name = "", quoted, plain] = parameter;
      if (name.toLowerCase() === "rel") relation ??= quoted ?? plain;
    }
    if (relation?.toLowerCase().split(/\s+/).includes("next")) return link[1];
  }
  return undefined;
}
