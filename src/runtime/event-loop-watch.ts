import { type Clock, sleep } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { ProbeCheck } from "./probes.ts";

/** Measures by how much timers come late: what nothing else may do while something else computes. */
export interface DelayMeter {
  /** Milliseconds since the last call. */
  take(): { readonly median: number; readonly longest: number };
}

export interface EventLoopWatchOptions {
  readonly meter: DelayMeter;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 10_000;
/** Renewals, deadlines and probes are late by as much. */
const TELL_FROM_MS = 1_000;
/** No work gets done in a loop that is late by so much half of the time; a probe has its own time limit, too. */
const STUCK_FROM_MS = 5_000;

/** Looks regularly whether the event loop keeps up, tells in the log when it did not, and has a check for it. */
export class EventLoopWatch {
  readonly #options: EventLoopWatchOptions;
  #median = 0;

  constructor(options: EventLoopWatchOptions) {
    this.#options = options;
  }

  readonly check: ProbeCheck = {
    name: "event-loop",
    check: () => (this.#median > STUCK_FROM_MS ? `timers come ${Math.round(this.#median)} ms late` : undefined),
  };

  async run(signal: AbortSignal): Promise<void> {
    const { meter, clock, logger } = this.#options;
    meter.take();
    while (!signal.aborted) {
      await sleep(clock, LOOK_EVERY_MS, signal);
      const { median, longest } = meter.take();
      this.#median = median;
      if (longest > TELL_FROM_MS) logger.warn("The event loop was blocked", { longestMs: Math.round(longest) });
    }
  }
}
