import { LRUCache } from "lru-cache";
import type { Clock } from "../common/clock.ts";
import { jitter, type Random } from "../common/random.ts";

const MAX_KEYS = 10_000;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
const JITTER = 0.2;

interface Limit {
  /** On the monotonic clock, which decides. */
  readonly until: number;
  /** On the wall clock, for people. */
  readonly retryAt: number;
  readonly strikes: number;
}

/** Which registries must not be asked for a while, by registry and account. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits = new LRUCache<string, Limit>({ max: MAX_KEYS });

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Wall-clock milliseconds of the next try, while there is a limit. */
  blockedUntil(key: string): number | undefined {
    return this.#current(key)?.retryAt;
  }

  /**
   * A request was refused with 429: from now on, and until when. `retryAt` is the registry's own word; without one the
   * wait doubles from a minute up to an hour. Refusals of requests that were under way together count once.
   */
  refuse(key: string, retryAt: number | undefined): number {
    const current = this.#current(key);
    if (current !== undefined && (retryAt === undefined || retryAt <= current.retryAt)) return current.retryAt;
    const strikes = current?.strikes ?? (this.#limits.get(key)?.strikes ?? 0) + 1;
    const now = this.#clock.now();
    const wait = retryAt === undefined ? this.#backoff(strikes) : Math.max(0, retryAt - now);
    const limit = { until: this.#clock.monotonic() + wait, retryAt: now + wait, strikes };
    this.#limits.set(key, limit);
    return limit.retryAt;
  }

  /** A request was answered: the next refusal starts from the shortest wait again. */
  accept(key: string): void {
    if (this.#current(key) === undefined) this.#limits.delete(key);
  }

  #current(key: string): Limit | undefined {
    const limit = this.#limits.get(key);
    return limit !== undefined && limit.until > this.#clock.monotonic() ? limit : undefined;
  }

  #backoff(strikes: number): number {
    return jitter(Math.min(FIRST_WAIT_MS * 2 ** (strikes - 1), LONGEST_WAIT_MS), JITTER, this.#random);
  }
}
