import { compare as compareSemVer, type Range, valid } from "semver";
import type { TagRuleSpec } from "../api/update-check.ts";
import type { WorkSlices } from "../common/work-slices.ts";
import type { Expression } from "./patterns.ts";
import {
  canFollow,
  compareNumbers,
  looksLikeCommit,
  parseTagVersion,
  prereleaseAhead,
  type TagVersion,
} from "./tag-version.ts";

export type TagSort = NonNullable<TagRuleSpec["sort"]>;

/** Decides which tags are newer than others, and which of them are wanted. */
export type TagScheme =
  | { readonly kind: "range"; readonly range: Range }
  | { readonly kind: "regex"; readonly expression: Expression; readonly sort: TagSort };

/** A tag as a scheme reads it. */
export interface TagReading {
  /** The parts that must not change: prefix, suffix, number of parts. */
  readonly form: string;
  /** What the expression matches around its group; it may change. */
  readonly around: string;
  /** The pre-release after the group, if there is one: `rc`. */
  readonly prereleaseAround: string;
  /** Whether an update may lead to this tag. */
  readonly wanted: boolean;
  /** The parts of a version as they are written. */
  readonly digits?: readonly string[];
  /** If absent, tags are sorted as text. */
  readonly numbers?: readonly number[];
  readonly prerelease: string;
  readonly text: string;
}

/** Undefined for a tag that the scheme cannot read. */
export function readTag(tag: string, scheme: TagScheme): TagReading | undefined {
  const whole = { inside: tag, around: "", after: "", hasGroup: false };
  if (scheme.kind === "range") {
    const version = readVersion(whole, false);
    if (version === undefined || version.digits.length > 3) return undefined;
    // A range matches a pre-release only if it names a pre-release of the same version.
    return reading(whole, version, scheme.range.test(toSemVer(version)));
  }
  const part = extract(tag, scheme.expression);
  if (part === undefined) return undefined;
  if (scheme.sort === "Alphabetical") return unversioned(part, "");
  if (scheme.sort === "Numerical") {
    if (!/^\d{1,15}(?:[.-]\d{1,15}){0,3}$/.test(part.inside)) return undefined;
    const numbers = part.inside.split(/[.-]/).map(Number);
    return { ...unversioned(part, part.inside.includes("-") ? "-" : "."), numbers };
  }
  const isCalendar = scheme.sort === "CalVer";
  const version = readVersion(part, isCalendar);
  if (version === undefined) return undefined;
  const read = reading(part, version, version.prerelease === "");
  return isCalendar ? { ...read, form: JSON.stringify([read.form, version.digits[0]?.length]) } : read;
}

/** The cost of matching a tag with a range of 128 characters, and of reading any tag, in units of WorkSlices. */
const RANGE_UNITS = 5_000;
const READING_UNITS = 500;

/** A tag that a scheme can read. */
export interface ReadTag {
  readonly tag: string;
  readonly reading: TagReading;
}

/** Reads many tags, and returns those that the scheme can read. Rejects only with the reason of the slices' signal. */
export async function readTags(
  tags: readonly string[],
  scheme: TagScheme,
  slices: WorkSlices,
): Promise<readonly ReadTag[]> {
  const read: ReadTag[] = [];
  for (const tag of tags) {
    await slices.spend(READING_UNITS + (scheme.kind === "range" ? RANGE_UNITS : scheme.expression.workFor(tag.length)));
    const reading = readTag(tag, scheme);
    if (reading !== undefined) read.push({ tag, reading });
  }
  return read;
}

/** Explains why a scheme cannot read a tag, as a part of a sentence. */
export function whyUnread(tag: string, scheme: TagScheme): string {
  if (scheme.kind === "range") return "semver reads versions of one to three numbers";
  if (extract(tag, scheme.expression) === undefined) return "regex does not match it";
  return `what regex takes from it cannot be sorted as ${scheme.sort}`;
}

/** Whether a tag moves, such as `latest`: its digest then shows every change. */
export function namesNoVersion(tag: string, scheme: TagScheme): boolean {
  return !/\d/.test(tag) && !(scheme.kind === "regex" && scheme.sort === "Alphabetical");
}

/** Whether an update may lead from one tag to the other, if that is newer. */
export function isKin(to: TagReading, from: TagReading): boolean {
  if (to.form !== from.form) return false;
  if (to.digits === undefined || from.digits === undefined) return true;
  const isRelease = to.prereleaseAround === "" || to.prereleaseAround === from.prereleaseAround;
  return isRelease && canFollow(to.digits, from.digits);
}

/** Negative if `a` is older. Only for tags with equal fixed parts. */
export function compareReadings(a: TagReading, b: TagReading): number {
  if (a.numbers === undefined || b.numbers === undefined) return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  const byNumbers = compareNumbers(a.numbers, b.numbers);
  if (byNumbers !== 0 || a.prerelease === b.prerelease) return byNumbers;
  if (a.prerelease === "" || b.prerelease === "") return a.prerelease === "" ? 1 : -1;
  const [one, other] = [countable(a.prerelease), countable(b.prerelease)];
  return valid(one) === null || valid(other) === null ? 0 : compareSemVer(one, other);
}

/** Sorts `rc10` after `rc9`, which a comparison as text would not. */
function countable(prerelease: string): string {
  return `0.0.0-${prerelease.toLowerCase().replace(/^([a-z]+)[-.]?(?=\d)/, "$1.")}`;
}

/** Returns the part of a tag that is sorted: the expression's first group, if it has one. */
interface TagPart {
  readonly inside: string;
  readonly around: string;
  readonly after: string;
  readonly hasGroup: boolean;
}

function readVersion({ inside, hasGroup }: TagPart, dated: boolean): TagVersion | undefined {
  const version = parseTagVersion(inside, dated);
  // With a group, the rule itself defines what is a version.
  return version === undefined || (!hasGroup && looksLikeCommit(version)) ? undefined : version;
}

function reading(part: TagPart, version: TagVersion, wanted: boolean): TagReading {
  const { prefix, suffix, separators, digits, prerelease } = version;
  const form = JSON.stringify([prefix, suffix, separators]);
  return { ...unversioned(part, form), wanted, digits, numbers: digits.map(Number), prerelease };
}

function unversioned({ inside, around, after }: TagPart, form: string): TagReading {
  return { form, around, prereleaseAround: prereleaseAhead(after), wanted: true, prerelease: "", text: inside };
}

function toSemVer({ digits, prerelease }: TagVersion): string {
  const [major = 0, minor = 0, patch = 0] = digits.map(Number);
  return `${major}.${minor}.${patch}${prerelease === "" ? "" : `-${prerelease}`}`;
}

function extract(tag: string, { hasGroup, matchExact }: Expression): TagPart | undefined {
  const found = matchExact(tag);
  if (found === undefined) return undefined;
  const { start, end } = found;
  const after = tag.slice(end);
  const around = hasGroup ? JSON.stringify([tag.slice(0, start), after]) : "";
  return { inside: tag.slice(start, end), around, after, hasGroup };
}
