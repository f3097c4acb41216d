import type { Clock } from "../common/clock.ts";

/** A signal that fires some milliseconds after another one. Declare it with `using`. */
export function withGrace(
  signal: AbortSignal,
  ms: number,
  clock: Clock,
): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  let cancel: () => void = () => undefined;
  const begin = () => {
    cancel = clock.after(ms, () => late.abort(signal.reason));
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      cancel();
      signal.removeEventListener("abort", begin);
    },
  };
}
