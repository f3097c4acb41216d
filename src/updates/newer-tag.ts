import type { TagChange } from "../api/status.ts";
import { compareReadings, isKin, type ReadTag, readTag, type TagReading, type TagScheme } from "./tag-scheme.ts";

/** A tag of the same repository that is newer than the one that runs. */
export interface NewerTag {
  readonly tag: string;
  readonly change: TagChange;
}

/** A tag that no rule can compare. */
export interface UnreadTag {
  readonly tag: string;
  readonly message: string;
  /** Whether it is a name such as `latest`, which does not have a newer version. */
  readonly namesNoVersion: boolean;
}

/** `build 9` comes before `build 10`. */
const NATURAL = new Intl.Collator("en", { numeric: true });

/**
 * Finds the newest tag that the scheme wants and that is newer than the current one; it has the form of the current
 * one.
 */
export function newerTag(current: string, tags: readonly string[], scheme: TagScheme): NewerTag | undefined {
  const read = tags.flatMap((tag) => {
    const reading = readTag(tag, scheme);
    return reading === undefined ? [] : [{ tag, reading }];
  });
  return newestOf(readTag(current, scheme), read);
}

/**
 * Does the same with tags that were already read.
 * @param own the current tag, if the scheme can read it
 */
export function newestOf(own: TagReading | undefined, tags: readonly ReadTag[]): NewerTag | undefined {
  if (own === undefined) return undefined;
  let newest: ReadTag | undefined;
  for (const found of tags) {
    const { reading } = found;
    if (!reading.wanted || !isKin(reading, own) || compareReadings(reading, own) <= 0) continue;
    if (newest === undefined || isBetter(found, newest, own)) newest = found;
  }
  return newest === undefined ? undefined : { tag: newest.tag, change: changeOf(own, newest.reading) };
}

/**
 * Of equal versions, prefers the one that otherwise equals the current tag, then the later build: `1.3-r10` over
 * `1.3-r9`.
 */
function isBetter(a: ReadTag, b: ReadTag, own: TagReading): boolean {
  const byVersion = compareReadings(a.reading, b.reading);
  if (byVersion !== 0) return byVersion > 0;
  const likeOwn = Number(a.reading.around === own.around) - Number(b.reading.around === own.around);
  if (likeOwn !== 0) return likeOwn > 0;
  const byBuild = NATURAL.compare(a.tag, b.tag);
  return byBuild === 0 ? a.tag > b.tag : byBuild > 0;
}

/**
 * If there are no such parts, any change is possible, which counts as Major. A date of eight digits has its year, month
 * and day.
 */
function changeOf(from: TagReading, to: TagReading): TagChange {
  const [a, b] = [partsOf(from), partsOf(to)];
  const first = b.findIndex((number, index) => number !== (a[index] ?? 0));
  if (a.length === 0 || first === 0) return "Major";
  return first === 1 ? "Minor" : "Patch";
}

function partsOf({ numbers = [] }: TagReading): readonly number[] {
  const [first = 0, ...rest] = numbers;
  if (first < 19_000_101 || first > 99_991_231) return numbers;
  return [Math.floor(first / 10_000), Math.floor(first / 100) % 100, first % 100, ...rest];
}
