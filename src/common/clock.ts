/**
 * Time as the product sees it. Everything that waits or measures takes a Clock, so that tests can own the time.
 */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump; only for dates that people read or certificates carry. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For measuring and for deadlines. */
  monotonic(): number;
  /**
   * Calls back once after `ms` milliseconds (any size: longer than a timer can hold is chained). Returns the cancel.
   * A program that has nothing else to do ends without waiting for a background timer.
   */
  after(ms: number, callback: () => void, options?: { readonly background: boolean }): () => void;
}

/** setTimeout overflows past 2^31-1 ms (24.8 days) and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback, { background } = { background: false }) {
    let remaining = Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const arm = () => {
      const step = Math.min(remaining, LONGEST_TIMER_MS);
      remaining -= step;
      timer = setTimeout(() => (remaining > 0 ? arm() : callback()), step);
      if (background) timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when the signal fires. Never rejects: the caller looks at the signal. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      cancel();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
  });
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes metav1.Time. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
