import type { NotifierState, NotifyObserver } from "../../notify/notify-observer.ts";
import type { MetricSet } from "./metric-set.ts";

/** Counts messages and changes, from zero. */
export function observeNotifications(metrics: MetricSet): NotifyObserver {
  for (const result of ["delivered", "failed", "refused"])
    metrics.add("dockerhost_notification_attempts_total", { result }, 0);
  for (const result of ["delivered", "dropped"]) metrics.add("dockerhost_notification_changes_total", { result }, 0);
  return {
    attempted: (result) => metrics.add("dockerhost_notification_attempts_total", { result }),
    settled: (result, changes) => metrics.add("dockerhost_notification_changes_total", { result }, changes),
  };
}

/** Reads the state of the notifier at each scrape. */
export function sampleNotifier(metrics: MetricSet, notifier: NotifierState, isLeader: () => boolean): void {
  const labels = {};
  metrics.sample("dockerhost_notification_waiting_objects", () =>
    isLeader() ? [{ labels, value: notifier.waiting }] : [],
  );
  metrics.sample("dockerhost_notification_failing", () =>
    isLeader() ? [{ labels, value: notifier.problem === undefined ? 0 : 1 }] : [],
  );
}
