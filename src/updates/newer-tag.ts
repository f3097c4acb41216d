import type { TagChange } from "../api/status.ts";
import { compareReadings, readTag, type TagReading, type TagScheme } from "./tag-scheme.ts";

/** A tag of the same repository that is newer than the one that runs. */
export interface NewerTag {
  readonly tag: string;
  readonly change: TagChange;
}

/** The newest tag that the scheme wants and that is newer than the current one, in the current one's form. */
export function newerTag(current: string, tags: readonly string[], scheme: TagScheme): NewerTag | undefined {
  const own = readTag(current, scheme);
  if (own === undefined) return undefined;
  let newest: { readonly tag: string; readonly reading: TagReading } | undefined;
  for (const tag of tags) {
    const reading = readTag(tag, scheme);
    if (reading === undefined || !reading.wanted || reading.form !== own.form) continue;
    if (compareReadings(reading, newest?.reading ?? own) > 0) newest = { tag, reading };
  }
  return newest === undefined ? undefined : { tag: newest.tag, change: changeOf(own, newest.reading) };
}

/** Where there are no such parts, it may be anything: Major. A date of eight digits has its year, month and day. */
function changeOf(from: TagReading, to: TagReading): TagChange {
  const [a, b] = [partsOf(from), partsOf(to)];
  const first = a.findIndex((number, index) => number !== b[index]);
  if (a.length === 0 || first === 0) return "Major";
  return first === 1 ? "Minor" : "Patch";
}

function partsOf({ numbers = [] }: TagReading): readonly number[] {
  const [single = 0] = numbers;
  if (numbers.length !== 1 || single < 19_000_101 || single > 99_991_231) return numbers;
  return [Math.floor(single / 10_000), Math.floor(single / 100) % 100, single % 100];
}
