import type { Clock } from "./clock.ts";

/** The reason of an abort by a deadline. `what` names the operation that took too long. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
  readonly what: string;
  readonly ms: number;

  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms`);
    this.what = what;
    this.ms = ms;
  }
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Creates a signal that fires when the parent does (with its reason) or after `ms` (with DeadlineExceeded). Declare it
 * with `using`, which removes the timer and the listener on the parent at the end of the scope.
 */
export function startDeadline(parent: AbortSignal, what: string, ms: number, clock: Clock): Deadline {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener("abort", follow, { once: true });
  const cancel = clock.after(ms, () => controller.abort(new DeadlineExceeded(what, ms)));
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      cancel();
      parent.removeEventListener("abort", follow);
    },
  };
}
