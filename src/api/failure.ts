import { failure, type Result } from "../common/result.ts";
import { type Reason, reasonEntry } from "./reasons.ts";

/** A failure that is shown to users: what failed, where, why and the next step, with one stable reason. */
export interface Failure {
  readonly reason: Reason;
  /** For a condition: the same cause always gives the same text; never Secret content. */
  readonly message: string;
  /** For the log only. */
  readonly cause?: unknown;
  /** Wall-clock milliseconds before which trying again is useless (a registry's Retry-After). */
  readonly retryAt?: number;
}

export type Outcome<T> = Result<T, Failure>;

export function failed(reason: Reason, message: string, cause?: unknown): { ok: false; failure: Failure } {
  return failure(cause === undefined ? { reason, message } : { reason, message, cause }) as {
    ok: false;
    failure: Failure;
  };
}

/**
 * A failure whose message ends with the next step: the one in the table of reasons, or `next` where what was found allows
 * better advice. `problem` ends without a full stop.
 */
export function advised(reason: Reason, problem: string, cause?: unknown, next = reasonEntry(reason).fix): Failure {
  // Words of others may end with one.
  const message = `${problem.replace(/[.\s]+$/, "")}. ${next}`;
  return cause === undefined ? { reason, message } : { reason, message, cause };
}
