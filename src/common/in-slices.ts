import { setImmediate } from "node:timers/promises";

/** Work that can be interrupted at each `yield`. */
export type Sliced<T> = Generator<void, T, void>;

/** Does the work without a break, where nothing else is to be done meanwhile. */
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
