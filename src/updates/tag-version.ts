/** A tag that is a version, in its parts: `v1.2.0-rc.1-alpine`. */
export interface TagVersion {
  /** `v`, or nothing. */
  readonly prefix: string;
  /** One to four. */
  readonly numbers: readonly number[];
  /** What stands between them, in order: `..` or `--`. */
  readonly separators: string;
  /** `rc.1`; empty for a release. */
  readonly prerelease: string;
  /** Everything after that, with what sets it apart: `-alpine`. */
  readonly suffix: string;
}

/** No more digits than a number holds exactly; each part begins with another character: matching is linear. */
const DOTTED = /^([vV]?)(\d{1,15}(?:\.\d{1,15}){0,3})(?![\d])(.*)$/;
const DATED = /^([vV]?)(\d{1,15}(?:[.-]\d{1,15}){0,3})(?![\d])(.*)$/;

/** `-dev` and the like are left out unless they count: several publishers name a variant so. */
const PRERELEASE =
  /^[-._]?((?:alpha|beta|preview|pre|rc|cr|m|milestone|ea|snapshot|nightly|canary|unstable)(?:[.-]?\d{1,15}(?:\.\d{1,15})*)?|(?:a|b|dev|next)[.-]?\d{1,15})(?=$|[-_+])/i;

/** Undefined for what is no version: `latest`, `stable-alpine`, `1a2b3c4`. `dated`: a hyphen may stand for a dot, as in `2024-01-15`. */
export function parseTagVersion(tag: string, dated = false): TagVersion | undefined {
  const [, prefix = "", digits, rest = ""] = (dated ? DATED : DOTTED).exec(tag) ?? [];
  if (digits === undefined) return undefined;
  const prerelease = PRERELEASE.exec(rest);
  const suffix = prerelease === null ? rest : rest.slice(prerelease[0].length);
  if (!/^(?:[-_+].*|\.\D.*)?$/.test(suffix)) return undefined;
  return {
    prefix,
    numbers: digits.split(/[.-]/).map(Number),
    separators: digits.replace(/\d+/g, ""),
    prerelease: prerelease?.[1] ?? "",
    suffix,
  };
}

/** Years and dates are another way to count than versions: 2024 does not follow 7. */
export function countsByDate({ numbers: [first = 0] }: TagVersion): boolean {
  return first >= 1_900;
}

export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
