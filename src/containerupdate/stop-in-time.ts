/** Fires when the work on a daemon has to stop. */
export interface StopInTime extends Disposable {
  readonly signal: AbortSignal;
  /** Whether the work must begin no further change. */
  isDue(): boolean;
}

/**
 * When the work on a daemon has to stop because the program does: immediately while the old container runs as before or
 * the new one only has to prove itself; otherwise as soon as this is the case. The next leader continues from there.
 */
export function stopInTime(stopping: AbortSignal, bound: AbortSignal, phase: () => string | undefined): StopInTime {
  const stop = new AbortController();
  const isSafe = () => phase() !== "Replacing" && phase() !== "RollingBack";
  const isDue = () => stopping.aborted && isSafe();
  const onStopping = () => {
    if (isDue()) stop.abort();
  };
  const onBound = () => stop.abort();
  stopping.addEventListener("abort", onStopping);
  bound.addEventListener("abort", onBound);
  onStopping();
  return {
    signal: stop.signal,
    isDue,
    [Symbol.dispose]() {
      stopping.removeEventListener("abort", onStopping);
      bound.removeEventListener("abort", onBound);
    },
  };
}
