import type { IncomingHttpHeaders } from "node:http";
import { LRUCache } from "lru-cache";
import type { Failure } from "../api/failure.ts";
import { type Clock, toTimestamp } from "../common/clock.ts";
import { parseRemaining } from "./rate-limit-header.ts";
import { registryFailure } from "./registry-failure.ts";

const MAX_BYTES = 1024 * 1024;
/** This many pulls are left for the hosts, which may share the controller's address or account. */
const FLOOR = 10;
/** A registry's report about an account no longer counts after this time, because the limit fills up again. */
const FORGET_MS = 3_600_000;

interface Quota {
  readonly pulls: number;
  /** On the monotonic clock. */
  readonly until: number;
  /** The same time on the wall clock, for people. */
  readonly retryAt: number;
}

/**
 * Tracks how many pulls an account has left, which registries report with every answer. Only a GET of a manifest costs
 * one.
 */
export class PullQuota {
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, Quota>({
    maxSize: MAX_BYTES,
    sizeCalculation: (_, account) => 2 * account.length + 100,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(account: string, headers: IncomingHttpHeaders): void {
    const remaining = parseRemaining(headers["ratelimit-remaining"]);
    if (remaining === undefined) return;
    const until = this.#clock.monotonic() + FORGET_MS;
    this.#known.set(account, { pulls: remaining.requests, until, retryAt: this.#clock.now() + FORGET_MS });
  }

  /** Explains why the account must not pull now, with the time of the next try. */
  held(account: string, host: string): Failure | undefined {
    const known = this.#known.get(account);
    if (known === undefined || known.pulls >= FLOOR || known.until <= this.#clock.monotonic()) return undefined;
    const { retryAt } = known;
    const problem = `fewer than ${FLOOR} pulls are left of its limit, which are kept for the hosts; the next try is made after ${toTimestamp(retryAt)}`;
    return { ...registryFailure("RegistryRateLimited", host, problem), retryAt };
  }
}
