import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DelayMeter } from "../runtime/event-loop-watch.ts";

const RESOLUTION_MS = 20;

/** Node's own measure, until it is disposed of. */
export function startDelayMeter(): DelayMeter & Disposable {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // In nanoseconds, and with the time between two samples in it.
  const toMs = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    take() {
      const { count } = histogram;
      const taken =
        count === 0
          ? { median: 0, longest: 0 }
          : { median: toMs(histogram.percentile(50)), longest: toMs(histogram.max) };
      histogram.reset();
      return taken;
    },
    [Symbol.dispose]: () => void histogram.disable(),
  };
}
