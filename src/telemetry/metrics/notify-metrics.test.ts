import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { seriesOf } from "../../../test/support/scrape.ts";
import { MetricSet } from "./metric-set.ts";
import { observeNotifications, sampleNotifier } from "./notify-metrics.ts";

describe("the metrics of notifications", () => {
  it("count messages and changes from zero, and show what waits while this process leads", async () => {
    const metrics = new MetricSet(new Registry());
    const observer = observeNotifications(metrics);
    const notifier = { waiting: 3, problem: undefined as string | undefined };
    let isLeader = true;
    sampleNotifier(metrics, notifier, () => isLeader);
    const read = async () => seriesOf(await metrics.text(), "dockerhost_notification_");
    observer.attempted("failed");
    observer.settled("delivered", 7);
    notifier.problem = "The receiver answered 503";
    expect(await read()).toEqual({
      'dockerhost_notification_attempts_total{result="delivered"}': 0,
      'dockerhost_notification_attempts_total{result="failed"}': 1,
      'dockerhost_notification_attempts_total{result="refused"}': 0,
      'dockerhost_notification_changes_total{result="delivered"}': 7,
      'dockerhost_notification_changes_total{result="dropped"}': 0,
      "dockerhost_notification_waiting_objects{}": 3,
      "dockerhost_notification_failing{}": 1,
    });
    isLeader = false;
    expect(Object.keys(await read()).filter((name) => !name.includes("total"))).toEqual([]);
  });
});
