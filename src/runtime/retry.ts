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
  readonly retryable: (failure: ApiFailure) => boolean;
}

/** About 6 s in all: an API server that restarts on its node, or a load balancer that notices one gone. */
const TRIES = 6;
const BETWEEN_TRIES: BackoffRange = { minMs: 200, maxMs: 5_000 };

/** Tries a call that may be repeated until it succeeds, fails for good, or was tried often enough. */
export async function withRetries<T>(call: () => Promise<ApiResult<T>>, options: RetryOptions): Promise<ApiResult<T>> {
  for (let tries = 1; ; tries++) {
    const result = await call();
    if (result.ok || tries === TRIES || !options.retryable(result.failure)) return result;
    const delay = backoffDelay(tries, BETWEEN_TRIES, options.random);
    await sleep(options.clock, Math.max(delay, result.failure.retryAfterMs ?? 0), options.signal);
    if (options.signal.aborted) return failure(failureFromAbort(options.what, options.signal.reason));
  }
}
