import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import type { ApiFailure } from "./api-error.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";

// The numbers of client-go's reflector.
const BACKOFF: BackoffRange = { minMs: 800, maxMs: 30_000 };
const HEALTHY_AFTER_MS = 120_000;
/**
 * An API server that is starting refuses everything for a moment; otherwise, an administrator has to grant the
 * permissions.
 */
const FORBIDDEN_BACKOFF: BackoffRange = { minMs: 800, maxMs: 5 * 60_000 };

/** To open a watch again from its last version every few seconds costs the API server next to nothing; a list does. */
const SOUND_WATCH_MS = 2_000;

/** How long a reflector waits after a list or a watch has failed. */
export class ReflectorBackoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #isDispensable: boolean;
  #failures = 0;
  #failedAt = 0;
  #waitedMs = 0;
  #goneAt = Number.NEGATIVE_INFINITY;
  /** How often the list or the watch was forbidden since a watch was last opened. */
  #refusals = 0;

  constructor(clock: Clock, random: Random, isDispensable: boolean) {
    this.#clock = clock;
    this.#random = random;
    this.#isDispensable = isDispensable;
  }

  /** Returns the milliseconds to wait. */
  failed(failure: ApiFailure): number {
    if (failure.kind === "Forbidden" && this.#isDispensable)
      return Math.round(backoffDelay(++this.#refusals, FORBIDDEN_BACKOFF, this.#random));
    const now = this.#clock.monotonic();
    if (failure.kind === "Gone") {
      // A server that was restarted has forgotten our version: no trouble of its own, unless it happens repeatedly.
      const atOnce = now - this.#goneAt > HEALTHY_AFTER_MS;
      this.#goneAt = now;
      if (atOnce) return 0;
    }
    this.#failures = now - this.#failedAt > HEALTHY_AFTER_MS ? 1 : this.#failures + 1;
    this.#failedAt = now;
    const delay = backoffDelay(this.#failures, BACKOFF, this.#random);
    this.#waitedMs = Math.round(Math.max(delay, failure.retryAfterMs ?? 0));
    return this.#waitedMs;
  }

  watchOpened(): void {
    this.#refusals = 0;
  }

  /**
   * A watch that held longer than the last wait, or for long enough to be resumed without a list: what broke it is not what
   * broke the one before. Otherwise a wait that grew while the server was away would grow with every short watch after it.
   */
  watchHeld(ms: number, isResumable: boolean): void {
    if (ms > (isResumable ? Math.min(this.#waitedMs, SOUND_WATCH_MS) : this.#waitedMs)) this.#failures = 0;
  }
}
