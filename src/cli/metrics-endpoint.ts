import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Cluster } from "../runtime/cluster.ts";
import { Metrics } from "../telemetry/metrics/metrics.ts";
import { serveMetrics } from "../telemetry/metrics/server.ts";
import { openGuard } from "./access-guard.ts";
import { UsageError } from "./exit-codes.ts";
import type { Address } from "./listen-address.ts";

export interface ServedMetrics extends AsyncDisposable {
  readonly metrics: Metrics;
}

export interface MetricsOptions {
  /** False counts without serving. */
  readonly address: Address | false;
  readonly secure?: SecureMetricsOptions | undefined;
}

export interface SecureMetricsOptions {
  readonly cluster: Cluster;
  readonly certPath: string | undefined;
}

/** Starts to count, and serves the metrics until it is disposed of. */
export async function startMetrics(
  { address, secure }: MetricsOptions,
  clock: Clock,
  logger: Logger,
): Promise<ServedMetrics> {
  const metrics = new Metrics(clock);
  if (address === false) return { metrics, [Symbol.asyncDispose]: async () => {} };
  metrics.process();
  const stop = new AbortController();
  const { signal } = stop;
  const guard =
    secure &&
    (await openGuard({
      ...secure,
      of: "/metrics",
      certFlag: "--metrics-cert-path",
      access: [{ nonResourceAttributes: { path: "/metrics", verb: "get" } }],
      observer: metrics.requests(secure.cluster.server),
      ...{ clock, logger, signal },
    }));
  const served = await serveMetrics({ ...address, collect: () => metrics.text(), signal, logger, secure: guard });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --metrics-addr, or 0 to disable metrics`);
  logger.info("Serving metrics", { port: served.value.port });
  return {
    metrics,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
      await guard?.close();
    },
  };
}
