import type { Clock } from "../../common/clock.ts";
import type { WorkQueueObserver } from "../../runtime/observers.ts";
import type { MetricSet } from "./metric-set.ts";

/** Records the metrics of one work queue, which has the name of its controller. */
export function observeQueue(metrics: MetricSet, controller: string, clock: Clock): WorkQueueObserver {
  const labels = { name: controller, controller };
  const waiting = new Map<string, number>();
  const running = new Map<string, number>();
  const secondsSince = (then: number) => (clock.monotonic() - then) / 1_000;
  const ages = () => [...running.values()].map(secondsSince);

  metrics.add("workqueue_adds_total", labels, 0);
  metrics.add("workqueue_retries_total", labels, 0);
  metrics.begin("workqueue_queue_duration_seconds", labels);
  metrics.begin("workqueue_work_duration_seconds", labels);
  metrics.sample("workqueue_depth", () => [{ labels, value: waiting.size }]);
  metrics.sample("workqueue_unfinished_work_seconds", () => [{ labels, value: ages().reduce((a, b) => a + b, 0) }]);
  metrics.sample("workqueue_longest_running_processor_seconds", () => [{ labels, value: Math.max(0, ...ages()) }]);

  return {
    due(key) {
      waiting.set(key, clock.monotonic());
      metrics.add("workqueue_adds_total", labels);
    },
    taken(key) {
      const since = waiting.get(key);
      waiting.delete(key);
      running.set(key, clock.monotonic());
      if (since !== undefined) metrics.observe("workqueue_queue_duration_seconds", labels, secondsSince(since));
    },
    done(key) {
      const since = running.get(key);
      running.delete(key);
      if (since !== undefined) metrics.observe("workqueue_work_duration_seconds", labels, secondsSince(since));
    },
    backedOff: () => metrics.add("workqueue_retries_total", labels),
    emptied: () => waiting.clear(),
  };
}
