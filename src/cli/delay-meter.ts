import { monitorEventLoopDelay } from "node:perf_hooks";
import type { DelayMeter } from "../runtime/event-loop-watch.ts";

const RESOLUTION_MS = 20;

/** Measures the delay of the event loop with Node's own histogram until it is disposed of. */
export function startDelayMeter(): DelayMeter & Disposable {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // The histogram counts nanoseconds and includes the time between two samples.
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
