import { type Clock, sleep } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { failure } from "../common/result.ts";
import { type ApiFailure, type ApiResult, failureFromAbort } from "./api-error.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";

export interface RetryOptions {
  /** Names the operation in the message if the signal fires between two attempts. */
  readonly what: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Is not called for forbidden calls, which are always tried again twice. */
  readonly retryable: (failure: ApiFailure) => boolean;
}

/**
 * The attempts take about 6 s in total, enough for an API server to restart on its node or for a load balancer to
 * notice that one is gone.
 */
const TRIES = 6;
const BETWEEN_TRIES: BackoffRange = { minMs: 200, maxMs: 5_000 };
/** A server that has just started forbids everything until it has loaded the roles, usually for a tenth of a second. */
const TRIES_WHERE_FORBIDDEN = 3;

/** Repeats a call until it succeeds, fails permanently, or has been tried often enough. The call must be repeatable. */
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
