/** Turns that read as translated, each with what to write instead. */
type Pattern = readonly [pattern: RegExp, instead: string];

/** For everything that people read. */
const COMMON: readonly Pattern[] = [
  [/(?<![Tt]here )\bis no (?!longer|more\b)\w+/, "is not a ..."],
  [/\banew\b/, "again"],
  [
    /\b(?:tells|told|telling) (?:of|what|why|how|whether|which|the|when)\b|\btold of\b|\bis told\b|\bare told\b/,
    "shows, reports, says",
  ],
  [/\bmend(?:s|ed|ing)?\b|\*\*Mend/i, "fix"],
  [/\b[Ww]hoever\b/, "anybody who, a user who"],
  [/\b(?:so long|so many)\b(?! as)(?! that)/, "that long, this many"],
  [/\bever later\b/, "with increasing delay"],
  [/\bhas no address\b|\bno address that can be used\b/, "cannot be resolved"],
  [/\bsound credentials\b/, "valid credentials"],
  [/\b(?:is|are|was|were|being) (?:worked on|looked at)\b/, "processed, checked"],
  [/\b[Ff]ences?\b/, "connection policy"],
  [/\b(?:the|its|no|your|of) rights\b|\bthe right to\b/, "permissions"],
  [
    /\b(?:what|that|which|it) stands\b(?! (?:by|for)\b)|\bstands? (?:in|as|there|before|between|among)\b/,
    "is listed, is in",
  ],
  [/\b(?:certificate|certificates|CA) (?:that )?ends?\b/, "expires"],
  [/\b(?:proxy|server|nginx) before (?:the|a|it)\b/, "in front of"],
  [/\bbeside (?:the|a|its|our|those|that|Node's)\b/, "in addition to, next to"],
  [/\b(?:is|are|was|does|do|will) of no (?:use|account)\b|\bhas no use with/, "has no effect"],
  [/\bbe it\b|\bshall\b/, "if, should"],
  [/\bmay not be (?:opened|used|read)\b/, "is not permitted to, cannot"],
  [/\bspeaks no\b|\bshares? no\b/, "does not use, have no ... in common"],
  [/\bpicked up at once\b|\bused at once\b|\btaken up at once\b/, "immediately"],
  [/\bby itself alone\b|(?<!let|stand-)\balone(?= (?:is|are|read|by|on)\b)/, "only"],
  [/\blies? ahead\b/, "is in the future"],
  [/\bputs? (?:it|that|them|this) right\b/, "fixes it"],
  [/\b(?:goes|go|gets?) into no\b/, "does not appear in"],
  [/; not given,/, "The default is"],
  [/\bby the same ones?\b/, "with the same one, with new ones"],
  [/\bfor ever\b/, "forever, without end"],
];

/** For everything that users read. */
export const PATTERNS: readonly Pattern[] = [
  ...COMMON,
  [/\bneeds? somebody\b/, "needs attention"],
  [/\b(?:are|is) as before\b/, "did not change"],
  [/\bsays? of (?:each|it|itself|themselves|that)\b/, "says about"],
  [/\bwithout a word\b(?! of)/, "without a warning"],
  [/\btaken away\b/, "removed"],
  [/\ball the same(?=[.:;,])/, "nevertheless"],
  [/\b[Hh]owever many\b/, "no matter how many"],
  [/\bis asked on\b|\bpassed over\b|\bheld against\b/, "continues, skipped, checked"],
  [/\bwhere (?:there (?:is|are) (?:none|any)|none is given)\b/, "if there are any, by default"],
];

/** For comments and the titles of tests. Some words are forbidden only here, because pages need them for other meanings. */
export const SOURCE_PATTERNS: readonly Pattern[] = [
  ...COMMON,
  [/\b[Tt]ells?\b|\b[Tt]old\b|\btelling\b/, "shows, reports, says, returns; distinguishes"],
  [/\balone\b/, "only"],
  [/\b[Bb]esides?\b/, "in addition to, next to"],
  [/\b[Ss]tands?\b(?! (?:by|for)\b)|\bstood\b/, "is in, is listed, represents"],
  [/\b[Aa]t once\b/, "immediately, at the same time"],
  [/\b[Ss]o (?:much|often|few) (?!that\b|as\b)\w/, "this much"],
  [/\b[Tt]wins?\b/, "duplicate"],
  [/\b[Nn]amesakes?\b/, "another object of the same name"],
  [/\ball the same\b/, "nevertheless"],
  [/\b[Hh]owever (?:many|much|often|long)\b/, "no matter how"],
  [/\bgoes on\b/, "continues"],
  [/\b(?:[Ss]ays?|[Ss]aid) of\b/, "says about"],
];

/** Where the patterns occur in a text, with what to write instead. Code and quoted output are not prose. */
export function translatedTurns(text: string, patterns: readonly Pattern[] = PATTERNS): string[] {
  const searched = prose(text);
  return patterns.flatMap(([pattern, instead]) =>
    [...searched.matchAll(new RegExp(pattern.source, `g${pattern.flags}`))].map(
      ({ 0: match, index }) =>
        `"${searched.slice(Math.max(0, index - 50), index + match.length + 30)}": write "${instead}"`,
    ),
  );
}

/** The text without code blocks, inline code, and link targets, with one line per paragraph. */
function prose(text: string): string {
  return text
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/`[^`\n]*`/g, "``")
    .replaceAll(/\]\([^)]*\)/g, "]")
    .replaceAll(/(\S)\n[ #>]*(?=\S)/g, "$1 ");
}

const COMMENT = /(?<=^|\s)\/\*\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*(?:\n\s*\/\/ .*)*/gm;
const TITLE = /\b(?:it|test|describe)(?:\.\w+)*(?:\([^;]*?\))??\(\s*("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/g;

/** The comments of a TypeScript file, and the titles of its tests, each as one line. */
export function sourceProse(source: string): string[] {
  const comments = source.match(COMMENT) ?? [];
  const titles = [...source.matchAll(TITLE)].map(([, title = ""]) => title.slice(1, -1));
  return [...comments.map((comment) => comment.replaceAll(/\n\s*(?:\/\/|\*\/?)?\s*/g, " ")), ...titles];
}
