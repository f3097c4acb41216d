import { setImmediate } from "node:timers/promises";

/** Work that can be interrupted at each `yield`. */
export type Sliced<T> = Generator<void, T, void>;

/** Does the work without a break, for callers that have nothing else to do meanwhile. */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const slice = work.next();
    if (slice.done === true) return slice.value;
  }
}

/** Does the work in slices, between which everything else that is due runs. */
export async function inSlices<T>(work: Sliced<T>): Promise<T> {
  for (;;) {
    const slice = work.next();
    if (slice.done === true) return slice.value;
    await setImmediate();
  }
}

/** Maps a list, with a break after each `size` entries. */
export function* mapSliced<From, To>(list: readonly From[], size: number, map: (entry: From) => To): Sliced<To[]> {
  const mapped: To[] = [];
  for (const entry of list) {
    if (mapped.length > 0 && mapped.length % size === 0) yield;
    mapped.push(map(entry));
  }
  return mapped;
}
