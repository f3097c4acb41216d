/** A tag that is a version, in its parts: `v1.2.0-rc.1-alpine`. */
export interface TagVersion {
  /** `v`, or nothing. */
  readonly prefix: string;
  /** One to four, as they are written; a calendar version may have three more for the time. */
  readonly digits: readonly string[];
  /** What stands between them, in order: `..` or `--`. */
  readonly separators: string;
  /** `rc.1`; empty for a release. */
  readonly prerelease: string;
  /** Everything after that, with what sets it apart: `-alpine`. */
  readonly suffix: string;
}

/** No more digits than a number holds exactly; each part begins with another character: matching is linear. */
const DOTTED = /^([vV]?)(\d{1,15}(?:\.\d{1,15}){0,3})(?![\d])(.*)$/;
const DATED = /^([vV]?)(\d{1,15}(?:[.-]\d{1,15}){0,3}(?:T\d{1,6}(?:[.-]\d{1,6}){0,2})?)(?![\d])(.*)$/;

/** `-dev` and the like are left out unless they count: several publishers name a variant so. */
const PRERELEASE =
  /^[-._]?((?:alpha|beta|preview|pre|rc|cr|m|milestone|ea|snapshot|nightly|canary|unstable)(?:[.-]?\d{1,15}(?:\.\d{1,15})*)?|(?:a|b|dev|next)[.-]?\d{1,15})(?=$|[-_+])/i;
/** Without those that a commit could spell. */
const PRERELEASE_AHEAD =
  /^[-._]?(alpha|beta|preview|pre|rc|cr|milestone|snapshot|nightly|canary|unstable)(?=$|[-._+\d])/i;

/** Undefined for what is no version: `latest`, `stable-alpine`, `1a2b3c4`. `dated`: as in `2024-01-15` or `2024-01-15T10-30-00Z`. */
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

/** The pre-release that a text begins with: `rc` of `-rc.1-alpine`; empty where there is none. */
export function prereleaseAhead(text: string): string {
  return PRERELEASE_AHEAD.exec(text)?.[1]?.toLowerCase() ?? "";
}

/** Seven digits and more that are no date are a commit that happens to have no letters. */
export function looksLikeCommit({ digits }: TagVersion): boolean {
  const [single = ""] = digits;
  return digits.length === 1 && single.length >= 7 && !isDate(single);
}

/**
 * Whether the parts of a later version may follow those of another: years and dates are another way to count than
 * versions (2024 does not follow 7), and so are parts that are filled up with zeros (1.02.11 does not follow 1.2.3).
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

/** `20240115`, perhaps with the time. */
function isDate(part: string): boolean {
  return /^(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d\d){0,3}$/.test(part);
}

/** Negative where `a` is older. A part that is not there counts as 0. */
export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
