import type { ContainerUpdateObserver } from "../../containerupdate/update-ports.ts";
import type { MetricSet } from "./metric-set.ts";

const RESULTS = ["Succeeded", "RolledBack", "Failed", "Superseded", "Cancelled"] as const;

/** Counts the ContainerUpdates that end, from zero. */
export function observeUpdates(metrics: MetricSet): ContainerUpdateObserver {
  for (const result of RESULTS) metrics.add("dockerhost_container_updates_total", { result }, 0);
  metrics.begin("dockerhost_container_update_downtime_seconds", {});
  return {
    updateEnded(result, downtimeMs) {
      metrics.add("dockerhost_container_updates_total", { result });
      if (downtimeMs !== undefined) {
        metrics.observe("dockerhost_container_update_downtime_seconds", {}, downtimeMs / 1_000);
      }
    },
  };
}
