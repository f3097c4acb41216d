import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import type { Cluster } from "../runtime/cluster.ts";
import { RequestAuthorizer } from "../runtime/request-authorizer.ts";
import { Metrics } from "../telemetry/metrics/metrics.ts";
import { type MetricsSecurity, serveMetrics } from "../telemetry/metrics/server.ts";
import { UsageError } from "./exit-codes.ts";
import type { Address } from "./listen-address.ts";
import { MetricsCertificates } from "./metrics-certificates.ts";

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
  const security = secure && (await openSecurity(secure, { metrics, clock, logger, signal }));
  const served = await serveMetrics({ ...address, collect: () => metrics.text(), signal, logger, secure: security });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --metrics-addr, or 0 to disable metrics`);
  logger.info("Serving metrics", { port: served.value.port });
  return {
    metrics,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
      await security?.close();
    },
  };
}

interface SecurityParts {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

async function openSecurity(
  { cluster, certPath: folder }: SecureMetricsOptions,
  { metrics, clock, logger, signal }: SecurityParts,
): Promise<MetricsSecurity & { close(): Promise<void> }> {
  const loaded = await MetricsCertificates.load({ folder, clock, logger });
  if (!loaded.ok) throw new UsageError(`${loaded.failure}; correct --metrics-cert-path`);
  const certificates = loaded.value;
  const observer = metrics.requests(cluster.server);
  const client = new ApiClient({ cluster, clock, userAgent: "dockerhost-operator", observer });
  const authorizer = new RequestAuthorizer({ client, path: "/metrics", signal, clock });
  return {
    pair: certificates.pair,
    follow: (onChange, until) => certificates.follow(onChange, until),
    decide: (authorization) => authorizer.decide(authorization),
    close: () => client.close(),
  };
}
