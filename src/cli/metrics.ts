import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import { Metrics } from "../telemetry/metrics/metrics.ts";
import { serveMetrics } from "../telemetry/metrics/server.ts";
import type { Address } from "./address.ts";
import { UsageError } from "./exit-codes.ts";

export interface ServedMetrics extends AsyncDisposable {
  readonly metrics: Metrics;
}

/** Starts to count, and serves the metrics until it is disposed of.
 * @param address false counts without serving */
export async function startMetrics(address: Address | false, clock: Clock, logger: Logger): Promise<ServedMetrics> {
  const metrics = new Metrics(clock);
  if (address === false) return { metrics, [Symbol.asyncDispose]: async () => {} };
  metrics.process();
  const stop = new AbortController();
  const served = await serveMetrics({ ...address, collect: () => metrics.text(), signal: stop.signal, logger });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --metrics-addr, or 0 to disable metrics`);
  logger.info("Serving metrics", { port: served.value.port });
  return {
    metrics,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
    },
  };
}
