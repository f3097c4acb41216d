import { type Clock, sleep } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { failure } from "../common/result.ts";
import { type ApiFailure, type ApiResult, failureFromAbort } from "./api-error.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";

export interface RetryOptions {
  /** For the message when the signal fires between two tries. */
  readonly what: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Not asked of what is forbidden, which is tried again twice. */
  readonly retryable: (failure: ApiFailure) => boolean;
}

/** About 6 s in all: an API server that restarts on its node, or a load balancer that notices one gone. */
const TRIES = 6;
const BETWEEN_TRIES: BackoffRange = { minMs: 200, maxMs: 5_000 };
/** A server that has just started forbids everything until it knows the roles, mostly for a tenth of a second. */
const TRIES_WHERE_FORBIDDEN = 3;

/** Tries a call that may be repeated until it succeeds, fails for good, or was tried often enough. */
export async function withRetries<T>(call: () => Promise<ApiResult<T>>, options: RetryOptions): Promise<ApiResult<T>> {
  let forbidden = 0;
  for (let tries = 1; ; tries++) {
    const result = await call();
    if (result.ok || tries === TRIES) return result;
    const { failure: reason } = result;
    const isWorthAnother =
      reason.kind === "Forbidden" ? ++forbidden < TRIES_WHERE_FORBIDDEN : options.retryable(reason);
    if (!isWorthAnother) return result;
    const delay = backoffDelay(tries, BETWEEN_TRIES, options.random);
    await sleep(options.clock, Math.max(delay, reason.retryAfterMs ?? 0), options.signal);
    if (options.signal.aborted) return failure(failureFromAbort(options.what, options.signal.reason));
  }
}
