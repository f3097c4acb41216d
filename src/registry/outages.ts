import { LRUCache } from "lru-cache";
import type { Failure } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";

const MAX_BYTES = 2 * 1024 * 1024;
/** A single request may be slow, but this many in a row without an answer are not a coincidence. */
const MAX_TIMEOUTS = 3;
const HOLD_MS = 60_000;

interface Outage {
  readonly timeouts: number;
  readonly failure: Failure;
  /** The time of the last timeout, on the monotonic clock, which decides, and on the wall clock. */
  readonly at: number;
  readonly seenAt: number;
}

/**
 * Remembers which registries do not answer. For a minute, requests to them fail immediately instead of waiting for the
 * same timeout: with a hundred images there, a check would spend all its time waiting. Each way of access to a registry
 * counts separately.
 */
export class Outages {
  readonly #clock: Clock;
  readonly #outages = new LRUCache<string, Outage>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ failure }, way) => 2 * (way.length + failure.message.length) + 100,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns how the last request to this registry failed, if it is useless to send another now.
   * @param notBefore wall-clock milliseconds; what was found out earlier does not count
   */
  held(way: string, notBefore = Number.NEGATIVE_INFINITY): Failure | undefined {
    const outage = this.#outages.get(way);
    if (outage === undefined || outage.timeouts < MAX_TIMEOUTS || outage.seenAt < notBefore) return undefined;
    return this.#clock.monotonic() < outage.at + HOLD_MS ? outage.failure : undefined;
  }

  /** Undefined for a request that was answered in any way. */
  note(way: string, failure: Failure | undefined): void {
    if (failure?.reason !== "RegistryTimedOut") {
      this.#outages.delete(way);
      return;
    }
    const timeouts = (this.#outages.get(way)?.timeouts ?? 0) + 1;
    this.#outages.set(way, { timeouts, failure, at: this.#clock.monotonic(), seenAt: this.#clock.now() });
  }
}
