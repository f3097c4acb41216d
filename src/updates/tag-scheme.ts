import type { RE2JS } from "re2js";
import { compare as compareSemVer, type Range, valid } from "semver";
import type { TagRuleSpec } from "../api/update-check.ts";
import { compareNumbers, countsByDate, parseTagVersion, type TagVersion } from "./tag-version.ts";

export type TagSort = NonNullable<TagRuleSpec["sort"]>;

/** What tags are newer than others, and which of them are wanted. */
export type TagScheme =
  | { readonly kind: "range"; readonly range: Range }
  | { readonly kind: "regex"; readonly expression: RE2JS; readonly sort: TagSort };

/** A tag as a scheme reads it: only tags of one form can be compared. */
export interface TagReading {
  /** What stays as it is: prefix, suffix, number of parts. */
  readonly form: string;
  /** Whether an update may lead to it. */
  readonly wanted: boolean;
  /** Absent: sorted as text. */
  readonly numbers?: readonly number[];
  readonly prerelease: string;
  readonly text: string;
}

/** Undefined for a tag that the scheme says nothing of. */
export function readTag(tag: string, scheme: TagScheme): TagReading | undefined {
  if (scheme.kind === "range") {
    const version = parseTagVersion(tag);
    if (version === undefined || version.numbers.length > 3) return undefined;
    // A range matches a pre-release only where it names one of the same version.
    return reading(tag, version, scheme.range.test(toSemVer(version)));
  }
  const part = extract(tag, scheme.expression);
  if (part === undefined) return undefined;
  const { outside, inside } = part;
  if (scheme.sort === "Alphabetical") return { form: outside, wanted: true, prerelease: "", text: inside };
  if (scheme.sort === "Numerical") {
    if (!/^\d{1,15}(?:\.\d{1,15})?$/.test(inside)) return undefined;
    return { form: outside, wanted: true, numbers: [Number(inside)], prerelease: "", text: inside };
  }
  const isCalendar = scheme.sort === "CalVer";
  const version = parseTagVersion(inside, isCalendar);
  if (version === undefined) return undefined;
  const { form, ...rest } = reading(inside, version, version.prerelease === "");
  const firstDigits = isCalendar ? (/\d+/.exec(inside)?.[0].length ?? 0) : 0;
  return { form: JSON.stringify([outside, form, firstDigits]), ...rest };
}

/** Negative where `a` is older. Of one form alone. */
export function compareReadings(a: TagReading, b: TagReading): number {
  if (a.numbers === undefined || b.numbers === undefined) return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  const byNumbers = compareNumbers(a.numbers, b.numbers);
  if (byNumbers !== 0 || a.prerelease === b.prerelease) return byNumbers;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  const [one, other] = [countable(a.prerelease), countable(b.prerelease)];
  return valid(one) === null || valid(other) === null ? 0 : compareSemVer(one, other);
}

/** `rc10` comes after `rc9`, which as text it would not. */
function countable(prerelease: string): string {
  return `0.0.0-${prerelease.toLowerCase().replace(/^([a-z]+)[-.]?(?=\d)/, "$1.")}`;
}

function reading(tag: string, version: TagVersion, wanted: boolean): TagReading {
  const { prefix, suffix, separators, numbers, prerelease } = version;
  const form = JSON.stringify([prefix, suffix, separators, countsByDate(version)]);
  return { form, wanted, numbers, prerelease, text: tag };
}

function toSemVer({ numbers: [major = 0, minor = 0, patch = 0], prerelease }: TagVersion): string {
  return `${major}.${minor}.${patch}${prerelease === "" ? "" : `-${prerelease}`}`;
}

/** The first group is what is sorted, where there is one; what is around it must be the same. */
function extract(tag: string, expression: RE2JS): { readonly outside: string; readonly inside: string } | undefined {
  if (expression.groupCount() === 0) return expression.testExact(tag) ? { outside: "", inside: tag } : undefined;
  const matcher = expression.matcher(tag);
  if (!matcher.matches() || matcher.group(1) === null) return undefined;
  const [start, end] = [matcher.start(1), matcher.end(1)];
  return { outside: JSON.stringify([tag.slice(0, start), tag.slice(end)]), inside: tag.slice(start, end) };
}
