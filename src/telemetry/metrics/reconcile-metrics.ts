import type { ReconcileObserver, RunEnd } from "../../runtime/observers.ts";
import type { MetricSet } from "./metric-set.ts";

const RESULTS = ["success", "error", "requeue", "requeue_after"] as const;

/** Records the metrics of one controller. */
export function observeController(metrics: MetricSet, controller: string, workers: number): ReconcileObserver {
  const labels = { controller };
  let active = 0;

  for (const result of RESULTS) metrics.add("controller_runtime_reconcile_total", { controller, result }, 0);
  metrics.add("controller_runtime_reconcile_errors_total", labels, 0);
  metrics.add("controller_runtime_terminal_reconcile_errors_total", labels, 0);
  metrics.add("controller_runtime_reconcile_panics_total", labels, 0);
  metrics.add("controller_runtime_reconcile_timeouts_total", labels, 0);
  metrics.begin("controller_runtime_reconcile_time_seconds", labels);
  metrics.sample("controller_runtime_max_concurrent_reconciles", () => [{ labels, value: workers }]);
  metrics.sample("controller_runtime_active_workers", () => [{ labels, value: active }]);

  return {
    started() {
      active++;
    },
    workerFreed() {
      active--;
    },
    ended(end, ms) {
      metrics.observe("controller_runtime_reconcile_time_seconds", labels, ms / 1_000);
      metrics.add("controller_runtime_reconcile_total", { controller, result: resultOf(end) });
      if (end.kind === "interrupted") return;
      if (end.timedOut) metrics.add("controller_runtime_reconcile_timeouts_total", labels);
      if (end.kind === "threw") {
        metrics.add("controller_runtime_reconcile_errors_total", labels);
        if (isDefect(end.error)) metrics.add("controller_runtime_reconcile_panics_total", labels);
      } else if (end.requeue.kind === "after" && end.requeue.terminal === true) {
        metrics.add("controller_runtime_terminal_reconcile_errors_total", labels);
      }
    },
  };
}

function resultOf(end: RunEnd): (typeof RESULTS)[number] {
  if (end.kind === "interrupted") return "requeue";
  if (end.kind === "threw") return "error";
  return ({ done: "success", after: "requeue_after", backoff: "requeue" } as const)[end.requeue.kind];
}

/** Whether an error shows a bug: the language itself throws these, while other errors are thrown on purpose. */
function isDefect(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}
