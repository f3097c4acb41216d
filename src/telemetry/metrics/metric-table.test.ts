import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import type { MetricDefinition } from "./definition.ts";
import { MetricSet } from "./metric-set.ts";
import { METRICS } from "./metric-table.ts";

const all: readonly MetricDefinition[] = METRICS;

describe("the table of metrics", () => {
  it("keeps the names, types and labels that dashboards and alerts rely on", () => {
    expect(
      all.map(({ name, type, labels }) => `${type} ${name}{${labels.join(",")}}`).join("\n"),
    ).toMatchInlineSnapshot(`
      "gauge dockerhost_ready{namespace,name}
      gauge dockerhost_suspended{namespace,name}
      gauge dockerhost_unclaimed{namespace,name}
      gauge dockerhost_certificate_expiry_timestamp_seconds{namespace,name,certificate}
      gauge dockerhost_certificate_expiring{namespace,name,certificate}
      gauge dockerhost_containers{namespace,name,verdict}
      gauge dockerhost_connection_last_success_timestamp_seconds{namespace,name}
      gauge dockerhost_update_check_last_success_timestamp_seconds{namespace,name}
      counter dockerhost_connection_attempts_total{reason}
      histogram dockerhost_connection_duration_seconds{result}
      counter dockerhost_update_checks_total{reason}
      histogram dockerhost_update_check_duration_seconds{result}
      counter dockerhost_container_updates_total{result}
      histogram dockerhost_container_update_downtime_seconds{}
      counter dockerhost_notification_attempts_total{result}
      counter dockerhost_notification_changes_total{result}
      gauge dockerhost_notification_waiting_objects{}
      gauge dockerhost_notification_failing{}
      counter dockerhost_registry_requests_total{registry,code}
      gauge dockerhost_registry_rate_limit_remaining{registry}
      counter controller_runtime_reconcile_total{controller,result}
      counter controller_runtime_reconcile_errors_total{controller}
      counter controller_runtime_terminal_reconcile_errors_total{controller}
      counter controller_runtime_reconcile_panics_total{controller}
      counter controller_runtime_reconcile_timeouts_total{controller}
      histogram controller_runtime_reconcile_time_seconds{controller}
      gauge controller_runtime_max_concurrent_reconciles{controller}
      gauge controller_runtime_active_workers{controller}
      gauge workqueue_depth{name,controller}
      counter workqueue_adds_total{name,controller}
      histogram workqueue_queue_duration_seconds{name,controller}
      histogram workqueue_work_duration_seconds{name,controller}
      gauge workqueue_unfinished_work_seconds{name,controller}
      gauge workqueue_longest_running_processor_seconds{name,controller}
      counter workqueue_retries_total{name,controller}
      counter rest_client_requests_total{code,method,host}
      gauge leader_election_master_status{name}
      gauge reflector_last_event_age_seconds{kind}
      gauge reflector_failing{kind,watched_namespace}
      counter reflector_restarts_total{kind,cause}
      counter reflector_relists_total{kind}"
    `);
  });

  it("follows Prometheus' rules for names: counters end in _total, nothing else does, and every name occurs once", () => {
    for (const { name, type } of all) expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.filter(({ help }) => help.endsWith(".") || help === "")).toEqual([]);
    expect(all.filter(({ type, buckets }) => (type === "histogram") !== (buckets !== undefined))).toEqual([]);
  });

  it("gives no histogram and no counter the name of a host", () => {
    const named = all.filter(({ labels }) => labels.includes("namespace"));
    expect(named.filter(({ type }) => type !== "gauge")).toEqual([]);
  });

  it("is exposed completely, each metric once with its type", async () => {
    const text = await new MetricSet(new Registry()).text();
    const reported = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE (\S+) (\w+)$/gm)];
    expect(reported.map(([, name, help, same, type]) => [name, help, same, type]).toSorted()).toEqual(
      all.map(({ name, help, type }) => [name, help, name, type]).toSorted(),
    );
  });
});
