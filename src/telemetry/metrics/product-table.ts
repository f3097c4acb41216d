import type { MetricDefinition } from "./definition.ts";

const HOST = ["namespace", "name"] as const;

/**
 * What the product is about. At most 15 series for each host, and none once it is gone: everything with a host's name
 * is read off its status when it is asked for. No label holds an address, an image, a container or an error's text.
 */
export const PRODUCT_METRICS = [
  {
    name: "dockerhost_ready",
    type: "gauge",
    help: "1 while Ready is True, else 0",
    labels: HOST,
  },
  {
    name: "dockerhost_suspended",
    type: "gauge",
    help: "1 while spec.suspend is true, else 0",
    labels: HOST,
  },
  {
    name: "dockerhost_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When a certificate of the connection ends (server, client, ca), as it was last seen",
    labels: [...HOST, "certificate"],
  },
  {
    name: "dockerhost_containers",
    type: "gauge",
    help: "Containers by what the last check that could list them says",
    labels: [...HOST, "verdict"],
  },
  {
    name: "dockerhost_connection_last_success_timestamp_seconds",
    type: "gauge",
    help: "When this process last reached the daemon; no series before the first time",
    labels: HOST,
  },
  {
    name: "dockerhost_update_check_last_success_timestamp_seconds",
    type: "gauge",
    help: "When the last update check ended of which no part failed; no series where this process knows of none",
    labels: HOST,
  },
  {
    name: "dockerhost_connection_attempts_total",
    type: "counter",
    help: "Connection passes by the reason of Ready that they led to",
    labels: ["reason"],
  },
  {
    name: "dockerhost_connection_duration_seconds",
    type: "histogram",
    help: "How long connection passes took: resolve, dial, handshake, ping and version",
    labels: ["result"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  {
    name: "dockerhost_update_checks_total",
    type: "counter",
    help: "Update checks by the reason of UpdateCheckSucceeded that they led to",
    labels: ["reason"],
  },
  {
    name: "dockerhost_update_check_duration_seconds",
    type: "histogram",
    help: "How long update checks took, waiting for registries included",
    labels: ["result"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  {
    name: "dockerhost_registry_requests_total",
    type: "counter",
    help: "Requests for manifests by HTTP status, or <error> where there was no answer; registries beyond 20 of a namespace and 40 in all are other",
    labels: ["registry", "code"],
  },
  {
    name: "dockerhost_registry_rate_limit_remaining",
    type: "gauge",
    help: "What a registry still grants within its window, of its accounts the one with the least, as it last told",
    labels: ["registry"],
  },
] as const satisfies readonly MetricDefinition[];
