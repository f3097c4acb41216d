/** Unicode classes have hundreds of ranges, which take memory and time in each copy. */
const UNICODE_CLASS_SIZE = 50;
/** If case is ignored, a class is compiled character by character. */
const FOLDED_PER_UNIT = 64;
const HIGHEST_RUNE = 0x10_ff_ff;

/** What was read of an expression: its size so far, and the size of its last part, which a repetition multiplies. */
interface Level {
  size: number;
  last: number;
}

/**
 * Returns an upper bound for the number of instructions to which an RE2 expression compiles, without compiling it.
 * Repetitions are copies, and nested repetitions multiply. It also counts what makes single instructions expensive. For
 * an invalid expression, the result has no meaning.
 */
export function patternSize(source: string): number {
  const folds = /\(\?[a-zA-Z]*i/.test(source);
  let level: Level = { size: 3, last: 0 };
  const outer: Level[] = [];
  const add = (size: number) => {
    level.size += size;
    level.last = size;
  };
  const repeat = (copies: number, more: number) => {
    const size = Math.max(1, copies) * level.last + more;
    level.size += size - level.last;
    level.last = size;
  };
  for (let at = 0; at < source.length; ) {
    const token = tokenAt(source, at, folds);
    at += token.length;
    if (token.kind === "part") add(token.size);
    else if (token.kind === "repeat") repeat(token.copies, token.more);
    else if (token.kind === "open") {
      outer.push(level);
      level = { size: token.size, last: 0 };
    } else if (token.kind === "close") {
      const inner = level.size;
      level = outer.pop() ?? { size: 3, last: 0 };
      add(inner);
    }
  }
  return outer.reduce((sum, { size }) => sum + size, level.size);
}

type Token = { readonly length: number } & (
  | { readonly kind: "part" | "open"; readonly size: number }
  | { readonly kind: "repeat"; readonly copies: number; readonly more: number }
  | { readonly kind: "close" | "nothing" }
);

function tokenAt(source: string, at: number, folds: boolean): Token {
  const rest = source.slice(at);
  switch (rest[0]) {
    case "(":
      return openAt(rest);
    case ")":
      return { kind: "close", length: 1 };
    // Counts the branch, and what an empty one compiles to.
    case "|":
      return { kind: "part", size: 2, length: 1 };
    case "*":
    case "+":
    case "?":
      return { kind: "repeat", copies: 1, more: 2, length: 1 };
    case "{":
      return countAt(rest);
    case "[":
      return classAt(rest, folds);
    case "\\":
      return escapeAt(rest);
    default:
      return { kind: "part", size: 1, length: String.fromCodePoint(rest.codePointAt(0) ?? 0).length };
  }
}

/** `(?i)` does not open a group. A repetition after it applies to what is in front of it. */
function openAt(rest: string): Token {
  const [flags] = /^\(\?[a-zA-Z-]*\)/.exec(rest) ?? [];
  if (flags !== undefined) return { kind: "nothing", length: flags.length };
  const [opening = "("] = /^\((?:\?(?:P?<[^>]*>|[a-zA-Z-]*:))?/.exec(rest) ?? [];
  const captures = opening === "(" || opening.endsWith(">");
  return { kind: "open", size: captures ? 3 : 1, length: opening.length };
}

/** Matches `{3}`, `{3,}` and `{3,5}`; anything else in braces is text. */
function countAt(rest: string): Token {
  const [text, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(rest) ?? [];
  if (text === undefined) return { kind: "part", size: 1, length: 1 };
  const [min, max] = [Number(least), most === "" ? Number(least) : Number(most)];
  if (comma === "") return { kind: "repeat", copies: min, more: 1, length: text.length };
  return { kind: "repeat", copies: Math.max(min, max), more: Math.max(2, max - min + 1), length: text.length };
}

function escapeAt(rest: string): Token {
  if (rest.startsWith("\\Q")) {
    const end = rest.indexOf("\\E");
    const text = end === -1 ? rest.slice(2) : rest.slice(2, end);
    const length = end === -1 ? rest.length : end + 2;
    return text === "" ? { kind: "nothing", length } : { kind: "part", size: text.length, length };
  }
  const length = escapeLength(rest);
  return { kind: "part", size: /^\\p/i.test(rest) ? UNICODE_CLASS_SIZE : 1, length };
}

function escapeLength(rest: string): number {
  const [text = rest] =
    /^\\(?:[pP]\{[^}]*\}|[pP]\^?.?|x\{[0-9a-fA-F]*\}|x[0-9a-fA-F]{0,2}|[0-7]{1,3}|.?)/su.exec(rest) ?? [];
  return text.length;
}

/** Counts one instruction, and something for its ranges. */
function classAt(rest: string, folds: boolean): Token {
  let size = 1;
  let at = rest.startsWith("[^") ? 2 : 1;
  let from: number | undefined;
  for (let first = true; at < rest.length && (rest[at] !== "]" || first); first = false) {
    const [named] = /^\[:[^\]]*:\]/.exec(rest.slice(at)) ?? [];
    const length = named?.length ?? unitLength(rest.slice(at));
    const unit = rest.slice(at, at + length);
    if (/^\\p/i.test(unit)) size += UNICODE_CLASS_SIZE;
    const rune = runeOf(unit);
    // A dash at the end is text and costs nothing.
    if (folds && from !== undefined && rune > from) size += Math.floor((rune - from) / FOLDED_PER_UNIT);
    const isRange = from === undefined && rest[at + length] === "-" && rest[at + length + 1] !== "]";
    from = isRange ? rune : undefined;
    at += length + (isRange ? 1 : 0);
  }
  return { kind: "part", size: size + Math.floor(at / 16), length: Math.min(rest.length, at + 1) };
}

function unitLength(rest: string): number {
  return rest.startsWith("\\") ? escapeLength(rest) : String.fromCodePoint(rest.codePointAt(0) ?? 0).length;
}

/** An escape that is not read here is treated as one that does not enlarge a range. */
function runeOf(unit: string): number {
  if (!unit.startsWith("\\")) return unit.codePointAt(0) ?? 0;
  const [, hex] = /^\\x\{?([0-9a-fA-F]+)/.exec(unit) ?? [];
  return hex === undefined ? 0 : Math.min(Number.parseInt(hex, 16), HIGHEST_RUNE);
}
