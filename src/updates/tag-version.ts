/** The parts of a tag that is a version: `v1.2.0-rc.1-alpine`. */
export interface TagVersion {
  /** `v`, or nothing. */
  readonly prefix: string;
  /** One to four numbers, as they are written; a calendar version may have three more for the time. */
  readonly digits: readonly string[];
  /** The separators between them, in order: `..` or `--`. */
  readonly separators: string;
  /** `rc.1`; empty for a release. */
  readonly prerelease: string;
  /** Everything after that, with its separator: `-alpine`. */
  readonly suffix: string;
}

/**
 * Allows only as many digits as a number can hold exactly. Each part begins with another character, so matching takes
 * linear time.
 */
const DOTTED = /^([vV]?)(\d{1,15}(?:\.\d{1,15}){0,3})(?![\d])(.*)$/;
const DATED = /^([vV]?)(\d{1,15}(?:[.-]\d{1,15}){0,3}(?:T\d{1,6}(?:[.-]\d{1,6}){0,2})?)(?![\d])(.*)$/;

/**
 * `-dev` and similar words are not included unless a number follows: several publishers use them as the name of a
 * variant.
 */
const PRERELEASE =
  /^[-._]?((?:alpha|beta|preview|pre|rc|cr|m|milestone|ea|snapshot|nightly|canary|unstable)(?:[.-]?\d{1,15}(?:\.\d{1,15})*)?|(?:a|b|dev|next)[.-]?\d{1,15})(?=$|[-_+])/i;
/** Without the words that could be part of a commit id. */
const PRERELEASE_AHEAD =
  /^[-._]?(alpha|beta|preview|pre|rc|cr|milestone|snapshot|nightly|canary|unstable)(?=$|[-._+\d])/i;

/**
 * Undefined for a tag that is not a version: `latest`, `stable-alpine`, `1a2b3c4`.
 * @param dated whether dates count, such as `2024-01-15` or `2024-01-15T10-30-00Z`
 */
export function parseTagVersion(tag: string, dated = false): TagVersion | undefined {
  const [, prefix = "", digits, rest = ""] = (dated ? DATED : DOTTED).exec(tag) ?? [];
  if (digits === undefined) return undefined;
  const prerelease = PRERELEASE.exec(rest);
  const suffix = prerelease === null ? rest : rest.slice(prerelease[0].length);
  const isTime = dated && digits.includes("T");
  if (!/^(?:[-_+].*|\.\D.*)?$/.test(isTime ? suffix.replace(/^Z/, "") : suffix)) return undefined;
  return {
    prefix,
    digits: digits.split(/[.T-]/),
    separators: digits.replace(/\d+/g, ""),
    prerelease: prerelease?.[1] ?? "",
    suffix,
  };
}

/** The pre-release with which a text begins: `rc` in `-rc.1-alpine`; empty if there is none. */
export function prereleaseAhead(text: string): string {
  return PRERELEASE_AHEAD.exec(text)?.[1]?.toLowerCase() ?? "";
}

/** Seven or more digits that are not a date are probably a commit id that happens to have no letters. */
export function looksLikeCommit({ digits }: TagVersion): boolean {
  const [single = ""] = digits;
  return digits.length === 1 && single.length >= 7 && !isDate(single);
}

/**
 * Whether one version may follow another. Years and dates are numbered differently from versions (2024 does not follow
 * 7), and so are parts that are padded with zeros (1.02.11 does not follow 1.2.3).
 */
export function canFollow(to: readonly string[], from: readonly string[]): boolean {
  const [first = "", former = ""] = [to[0], from[0]];
  if (isDate(first) !== isDate(former)) return false;
  if (Number(former) < 1_000 && Number(first) >= 1_900) return false;
  return to.every((part, index) => {
    const other = from[index] ?? "";
    return part.length === other.length || !(isPadded(part) || isPadded(other));
  });
}

function isPadded(part: string): boolean {
  return part.length > 1 && part.startsWith("0");
}

/** `20240115`, perhaps followed by the time. */
function isDate(part: string): boolean {
  return /^(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d\d){0,3}$/.test(part);
}

/** Negative if `a` is older. A missing part counts as 0. */
export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
