/**
 * Provides the time. Everything that waits or measures takes a Clock, so that tests can control the time.
 */
export interface Clock {
  /**
   * The wall clock in milliseconds since the Unix epoch. It can jump, so use it only for dates that people read and for
   * those of certificates.
   */
  now(): number;
  /** Milliseconds since an arbitrary start, which never go back. Use it for measurements and deadlines. */
  monotonic(): number;
  /**
   * Calls back once after `ms` milliseconds, even if a single timer cannot be that long. Returns a function that
   * cancels the call. A program that has nothing else to do ends without waiting for a background timer.
   */
  after(ms: number, callback: () => void, options?: { readonly background: boolean }): () => void;
}

/** setTimeout overflows after 2^31-1 ms (24.8 days) and would fire immediately. */
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

/** Resolves after `ms`, or as soon as the signal fires. Never rejects: the caller checks the signal. */
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

/** Formats a time as RFC 3339 in UTC with whole seconds, like Kubernetes' metav1.Time. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
