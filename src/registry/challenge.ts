/** One challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer` or `basic`. */
  readonly scheme: string;
  /** The keys are in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Whether the header says that the token is valid but does not permit the request (RFC 6750, section 3.1). */
export function lacksScope(header: string): boolean {
  return parseChallenges(header).some(({ parameters }) => parameters.get("error") === "insufficient_scope");
}

const SEPARATORS = /[\s,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y;

/**
 * Returns all challenges of the header's value, in order. Several headers may be joined with commas; commas inside
 * quotes belong to the value. If the header is malformed, the challenges in front of the error are returned; this never
 * throws.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match === null) return undefined;
    position += match[0].length;
    return match;
  };

  for (;;) {
    take(SEPARATORS);
    const word = take(TOKEN)?.[0].toLowerCase();
    if (word === undefined) return challenges;
    const current = challenges.at(-1);
    if (current === undefined || take(EQUALS) === undefined) {
      challenges.push({ scheme: word, parameters: new Map() });
      take(TOKEN68);
      continue;
    }
    const quoted = take(QUOTED)?.[1]?.replace(/\\([\s\S])/g, "$1");
    const value = quoted ?? take(TOKEN)?.[0];
    if (value === undefined) return challenges;
    if (!current.parameters.has(word)) current.parameters.set(word, value);
  }
}
