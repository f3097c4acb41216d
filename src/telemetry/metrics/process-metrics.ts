import { collectDefaultMetrics, type Registry } from "prom-client";

/** Gauges whose names end in `_total`, which only counters may. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];
/** A finer resolution costs too much: even 20 ms takes 1.3 % of a core. */
const EVENT_LOOP_RESOLUTION_MS = 20;

/**
 * Adds the metrics of the process and of Node.js: memory, CPU, files, garbage collection and event loop delay. Call it
 * once per process.
 */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
