import { type Clock, sleep } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { ProbeCheck } from "./probes.ts";

/** Measures how late timers fire, which shows how long computations block the event loop. */
export interface DelayMeter {
  /** Returns the delays since the last call in milliseconds. */
  take(): { readonly median: number; readonly longest: number };
}

export interface EventLoopWatchOptions {
  readonly meter: DelayMeter;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 10_000;
/** Renewals, deadlines and probes are delayed by the same time, so longer delays are logged. */
const TELL_FROM_MS = 1_000;
/**
 * If half of all delays are longer, the loop makes no progress, and the probe fails. A probe also has its own time
 * limit.
 */
const STUCK_FROM_MS = 5_000;

/** Regularly measures the delay of the event loop, logs long delays, and provides a probe check. */
export class EventLoopWatch {
  readonly #options: EventLoopWatchOptions;
  #median = 0;

  constructor(options: EventLoopWatchOptions) {
    this.#options = options;
  }

  readonly check: ProbeCheck = {
    name: "event-loop",
    check: () => (this.#median > STUCK_FROM_MS ? `timers fire ${Math.round(this.#median)} ms late` : undefined),
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
