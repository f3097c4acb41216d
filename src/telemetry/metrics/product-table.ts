import type { MetricDefinition } from "./definition.ts";

const HOST = ["namespace", "name"] as const;

/**
 * The metrics of hosts and registries. Each host has at most 18 series, and none after it is deleted: everything with a
 * host's name is read from its status at each scrape. No label contains an address, an image, a container or the text
 * of an error.
 */
export const PRODUCT_METRICS = [
  {
    name: "dockerhost_ready",
    type: "gauge",
    help: "1 while Ready is True, otherwise 0",
    labels: HOST,
  },
  {
    name: "dockerhost_suspended",
    type: "gauge",
    help: "1 while spec.suspend is true, otherwise 0",
    labels: HOST,
  },
  {
    name: "dockerhost_unclaimed",
    type: "gauge",
    help: "1 for a host of which no controller has processed the current generation within a minute of its creation; every replica that watches the host reports this, and there is no series otherwise",
    labels: HOST,
  },
  {
    name: "dockerhost_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When a certificate of the connection (server, client, ca) expires, as last seen",
    labels: [...HOST, "certificate"],
  },
  {
    name: "dockerhost_certificate_expiring",
    type: "gauge",
    help: "1 while a certificate of the connection counts as expiring, as in the condition CertificateExpiring, or has expired, otherwise 0",
    labels: [...HOST, "certificate"],
  },
  {
    name: "dockerhost_containers",
    type: "gauge",
    help: "Containers by their verdict in the last check that could list them",
    labels: [...HOST, "verdict"],
  },
  {
    name: "dockerhost_connection_last_success_timestamp_seconds",
    type: "gauge",
    help: "When this process last reached the daemon; there is no series before the first time",
    labels: HOST,
  },
  {
    name: "dockerhost_update_check_last_success_timestamp_seconds",
    type: "gauge",
    help: "When the last update check without any failure ended; there is no series if this process knows of none",
    labels: HOST,
  },
  {
    name: "dockerhost_connection_attempts_total",
    type: "counter",
    help: "Connection passes by the resulting reason of Ready",
    labels: ["reason"],
  },
  {
    name: "dockerhost_connection_duration_seconds",
    type: "histogram",
    help: "Duration of connection passes: resolve, dial, handshake, ping and version",
    labels: ["result"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  {
    name: "dockerhost_update_checks_total",
    type: "counter",
    help: "Update checks by the resulting reason of UpdateCheckSucceeded",
    labels: ["reason"],
  },
  {
    name: "dockerhost_update_check_duration_seconds",
    type: "histogram",
    help: "Duration of update checks, including the time spent waiting for registries",
    labels: ["result"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  {
    name: "dockerhost_container_updates_total",
    type: "counter",
    help: "ContainerUpdates that ended, by their last phase: Succeeded, RolledBack, Failed, Superseded or Cancelled",
    labels: ["result"],
  },
  {
    name: "dockerhost_container_update_downtime_seconds",
    type: "histogram",
    help: "Time from the stop of an old container to the start of the new one, for updates that succeeded",
    labels: [],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300],
  },
  {
    name: "dockerhost_notification_attempts_total",
    type: "counter",
    help: "Attempts to deliver a message to the webhook of --notify: delivered, failed (it is sent again) or refused (the receiver does not accept this message)",
    labels: ["result"],
  },
  {
    name: "dockerhost_notification_changes_total",
    type: "counter",
    help: "Changes that were delivered to the webhook, or dropped because it refused them or too many were waiting",
    labels: ["result"],
  },
  {
    name: "dockerhost_notification_waiting_objects",
    type: "gauge",
    help: "Objects with changes that the webhook has not got yet; only the leader reports this",
    labels: [],
  },
  {
    name: "dockerhost_notification_failing",
    type: "gauge",
    help: "1 while the last attempt to deliver a message failed, otherwise 0; there is no series without --notify, and only the leader reports this",
    labels: [],
  },
  {
    name: "dockerhost_registry_requests_total",
    type: "counter",
    help: "Requests for manifests by HTTP status, or <error> if there was no answer; beyond 20 registries of a namespace and 40 in total, the label is other",
    labels: ["registry", "code"],
  },
  {
    name: "dockerhost_registry_rate_limit_remaining",
    type: "gauge",
    help: "Requests that a registry still allows within its window, as it last reported, for the account with the fewest",
    labels: ["registry"],
  },
] as const satisfies readonly MetricDefinition[];
