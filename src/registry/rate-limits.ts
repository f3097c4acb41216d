import { LRUCache } from "lru-cache";
import type { Failure } from "../api/failure.ts";
import { type Clock, toTimestamp } from "../common/clock.ts";
import { jitter, type Random } from "../common/random.ts";
import { parseRetryAfter } from "../common/retry-after.ts";
import type { LimitingAnswer } from "./limit-words.ts";
import { parseRemaining } from "./rate-limit-header.ts";
import { registryFailure } from "./registry-failure.ts";

/** An account takes half a kilobyte. Unlike a limit on entries, a limit on bytes does not reserve memory in advance. */
const MAX_BYTES = 2 * 1024 * 1024;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
const JITTER = 0.2;

/** An answer that means too many requests: which limit was reached, and until when. */
export interface Refusal extends LimitingAnswer {
  /** Who answered: the registry or its token service. */
  readonly host: string;
}

interface Limit {
  /** On the monotonic clock, which decides. */
  readonly until: number;
  readonly strikes: number;
  /** Its retryAt is on the wall clock, for people. */
  readonly failure: Failure & { readonly retryAt: number };
}

/** Remembers which accounts of registries must not send requests for some time, because an answer asked for that. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits = new LRUCache<string, Limit>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ failure }, account) => 2 * (account.length + failure.message.length) + 100,
  });

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Explains why the account must not send requests now, with the time of the next try. */
  held(account: string): Failure | undefined {
    return this.#current(account)?.failure;
  }

  /**
   * Records such a refusal, and until when it lasts. The registry's own time counts; without one, the wait doubles from
   * a minute up to an hour. Refusals of concurrent requests count once.
   */
  refuse(account: string, refusal: Refusal): Failure {
    const now = this.#clock.now();
    const word = parseRetryAfter(refusal.headers["retry-after"], now);
    // A registry that has just refused must not ask for an immediate retry, and a slow clock may put the date into the
    // past.
    const named = word === now ? undefined : word;
    const current = this.#current(account);
    if (current !== undefined && (named === undefined || named <= current.failure.retryAt)) return current.failure;
    const strikes = current?.strikes ?? (this.#limits.get(account)?.strikes ?? 0) + 1;
    const wait = named === undefined ? this.#backoff(strikes) : named - now;
    const isOverloaded = refusal.status >= 500;
    const what = isOverloaded ? "it is not available and asks to wait" : limitOf(refusal);
    const problem = `${what} (${refusal.status}); the next request is made after ${toTimestamp(now + wait)}`;
    const reason = isOverloaded ? "RegistryServerError" : "RegistryRateLimited";
    const failure = { ...registryFailure(reason, refusal.host, problem), retryAt: now + wait };
    this.#limits.set(account, { until: this.#clock.monotonic() + wait, strikes, failure });
    return failure;
  }

  /** Records that a request was answered, so that the next refusal starts with the shortest wait again. */
  accept(account: string): void {
    if (this.#current(account) === undefined) this.#limits.delete(account);
  }

  #current(account: string): Limit | undefined {
    const limit = this.#limits.get(account);
    return limit !== undefined && limit.until > this.#clock.monotonic() ? limit : undefined;
  }

  #backoff(strikes: number): number {
    const wait = jitter(FIRST_WAIT_MS * 2 ** (strikes - 1), JITTER, this.#random);
    return Math.min(Math.max(wait, FIRST_WAIT_MS), LONGEST_WAIT_MS);
  }
}

/**
 * Docker Hub has two limits. Its answer mentions the limit on pulls, but not the limit on requests of any kind from one
 * address. Credentials help only against the first.
 */
function limitOf({ host, headers, body }: Refusal): string {
  const remaining = parseRemaining(headers["ratelimit-remaining"]);
  if (remaining?.requests === 0 || /pull rate limit/i.test(body?.toString("utf8") ?? "")) {
    return "its limit on pulls is used up";
  }
  if (host.endsWith(".docker.io")) {
    return "its limit on requests of any kind from one address is used up, for which credentials make no difference";
  }
  return "its rate limit is used up";
}
