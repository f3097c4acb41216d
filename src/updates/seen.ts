import { MAX_IMAGE_LENGTH, MAX_SEEN } from "../api/status.ts";
import { toTimestamp } from "../common/clock.ts";
import { truncate } from "../common/truncate.ts";
import type { Judgement, SeenDigest } from "./judgement.ts";

export interface AgeRule {
  /** What was seen until now. */
  readonly known: readonly SeenDigest[];
  /** An update counts after it has been visible for this many milliseconds. */
  readonly minimumAgeMs: number;
  /** In wall-clock milliseconds. */
  readonly now: number;
}

/** A digest that the tag has left is remembered for a while: if the tag is moved back, that is not a new update. */
const KEPT_FORMER = 3;

/**
 * Adds when the update was first seen; an update that was not visible for long enough becomes TooYoung.
 * @param image the short name with its tag
 */
export function withAge(judgement: Judgement, image: string, rule: AgeRule): Judgement {
  const { verdict, available } = judgement;
  if (verdict !== "Outdated" || available === undefined) return judgement;
  const fresh = { image: truncate(image, MAX_IMAGE_LENGTH), digest: available, at: toTimestamp(rule.now) };
  const seen = rule.known.find((known) => isSame(known, fresh)) ?? fresh;
  const countsFrom = countsFromOf(seen, rule);
  if (countsFrom <= rule.now) return { ...judgement, seen };
  const message = `The registry has another image for ${image}, which counts as an update from ${toTimestamp(countsFrom)} on (spec.updateCheck.minimumAge)`;
  return { ...judgement, verdict: "TooYoung", seen, countsFrom, message };
}

/** If the clock was ahead at that time, the update must not look younger than it can be. */
function countsFromOf({ at }: SeenDigest, { minimumAgeMs, now }: AgeRule): number {
  return Math.min(Date.parse(at), now) + minimumAgeMs;
}

/**
 * Returns what to remember after a check: everything that is available now and, for images that still run, some of what
 * was available before. If there is too much, the oldest available updates are kept, because they have waited longest.
 * @param images short names with tag of what runs, whatever the verdict: if a check failed, what was seen before still
 * counts
 */
export function rememberSeen(
  known: readonly SeenDigest[],
  available: readonly SeenDigest[],
  images: ReadonlySet<string>,
): readonly SeenDigest[] {
  const current = [...new Map(available.map((seen) => [keyOf(seen), seen])).values()].sort(byAge);
  const former = known.filter((seen) => images.has(seen.image) && !current.some((other) => isSame(other, seen)));
  const kept = [...Map.groupBy(former, ({ image }) => image).values()].flatMap((list) =>
    list.toSorted(byAge).slice(-KEPT_FORMER),
  );
  const room = Math.max(0, MAX_SEEN - current.length);
  return [...current.slice(0, MAX_SEEN), ...(room === 0 ? [] : kept.toSorted(byAge).slice(-room))].toSorted(byName);
}

/**
 * The updates that were not announced before. Only remembered ones are returned, because others would be announced
 * again and again.
 */
export function unannounced<T extends { readonly seen: SeenDigest }>(
  updates: readonly T[],
  remembered: readonly SeenDigest[],
): readonly T[] {
  const news = new Set(remembered.filter(({ announced }) => announced !== true).map(keyOf));
  return updates.filter(({ seen }) => news.has(keyOf(seen)));
}

export function markAnnounced(
  remembered: readonly SeenDigest[],
  announced: readonly SeenDigest[],
): readonly SeenDigest[] {
  const keys = new Set(announced.map(keyOf));
  return remembered.map((seen) => (keys.has(keyOf(seen)) ? { ...seen, announced: true } : seen));
}

function keyOf({ image, digest }: SeenDigest): string {
  return `${image} ${digest}`;
}

function isSame(a: SeenDigest, b: SeenDigest): boolean {
  return a.image === b.image && a.digest === b.digest;
}

function byAge(a: SeenDigest, b: SeenDigest): number {
  return Date.parse(a.at) - Date.parse(b.at);
}

function byName(a: SeenDigest, b: SeenDigest): number {
  return a.image < b.image ? -1 : a.image > b.image ? 1 : byAge(a, b);
}
