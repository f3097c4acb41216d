import { LRUCache } from "lru-cache";
import type { Failure } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";

const MAX_BYTES = 2 * 1024 * 1024;
/** A single question may take its time; so many in a row without any answer are no accident. */
const MAX_TIMEOUTS = 3;
const HOLD_MS = 60_000;

interface Outage {
  readonly timeouts: number;
  readonly failure: Failure;
  /** The last of the timeouts, on the monotonic clock, which decides, and on the wall clock. */
  readonly at: number;
  readonly seenAt: number;
}

/**
 * Which registries have not answered for a while. Whoever asks them is told so at once for a minute, instead of waiting
 * for the same: with a hundred images there, a check would spend all its time on it. Each way of asking a registry counts
 * for itself.
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
   * How the last question to this registry ended, where asking it now is of no use. `notBefore`: wall-clock
   * milliseconds; what was found out earlier does not count.
   */
  held(way: string, notBefore = Number.NEGATIVE_INFINITY): Failure | undefined {
    const outage = this.#outages.get(way);
    if (outage === undefined || outage.timeouts < MAX_TIMEOUTS || outage.seenAt < notBefore) return undefined;
    return this.#clock.monotonic() < outage.at + HOLD_MS ? outage.failure : undefined;
  }

  /** Undefined for a question that was answered, in whatever way. */
  note(way: string, failure: Failure | undefined): void {
    if (failure?.reason !== "RegistryTimedOut") {
      this.#outages.delete(way);
      return;
    }
    const timeouts = (this.#outages.get(way)?.timeouts ?? 0) + 1;
    this.#outages.set(way, { timeouts, failure, at: this.#clock.monotonic(), seenAt: this.#clock.now() });
  }
}
