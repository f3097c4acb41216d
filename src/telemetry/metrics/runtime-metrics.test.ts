import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { seriesOf } from "../../../test/support/scrape.ts";
import { silentLogger } from "../../common/logger.ts";
import { Controller, type Reconcile } from "../../runtime/controller.ts";
import { WorkQueue } from "../../runtime/work-queue.ts";
import { MetricSet } from "./metric-set.ts";
import { observeQueue } from "./queue-metrics.ts";
import { observeController } from "./reconcile-metrics.ts";

let clock: FakeClock;
let metrics: MetricSet;

beforeEach(() => {
  clock = new FakeClock();
  metrics = new MetricSet(new Registry());
});

async function read(prefix: string): Promise<Readonly<Record<string, number>>> {
  return seriesOf(await metrics.text(), prefix);
}

describe("the metrics of a queue", () => {
  const LABELS = '{name="connection",controller="connection"}';
  const never = new AbortController().signal;
  const queueOf = () => new WorkQueue({ clock, random: () => 0, observer: observeQueue(metrics, "connection", clock) });
  const now = async (name: string) => (await read(`workqueue_${name}{`))[`workqueue_${name}${LABELS}`];

  it("begin at zero", async () => {
    queueOf();
    for (const name of ["depth", "adds_total", "retries_total", "unfinished_work_seconds"])
      expect(await now(name)).toBe(0);
    expect(await now("longest_running_processor_seconds")).toBe(0);
    expect(await now("queue_duration_seconds_count")).toBe(0);
    expect(await now("work_duration_seconds_count")).toBe(0);
  });

  it("count a key as due once, no matter how often it is added", async () => {
    const queue = queueOf();
    queue.add("a");
    queue.add("a");
    queue.addAfter("b", 5_000);
    expect([await now("adds_total"), await now("depth")]).toEqual([1, 1]);
    await clock.advance(5_000);
    expect([await now("adds_total"), await now("depth")]).toEqual([2, 2]);
  });

  it("report how long keys waited and were processed", async () => {
    const queue = queueOf();
    queue.add("a");
    queue.add("b");
    await clock.advance(2_000);
    await queue.take(never);
    await clock.advance(1_000);
    await queue.take(never);
    await clock.advance(3_000);
    expect(await now("depth")).toBe(0);
    expect(await now("queue_duration_seconds_sum")).toBe(5);
    expect(await now("unfinished_work_seconds")).toBe(7);
    expect(await now("longest_running_processor_seconds")).toBe(4);
    queue.done("a");
    expect(await now("work_duration_seconds_sum")).toBe(4);
    expect(await now("longest_running_processor_seconds")).toBe(3);
  });

  it("count what is added during a run as due, though it is held back", async () => {
    const queue = queueOf();
    queue.add("a");
    await queue.take(never);
    queue.add("a");
    expect([await now("depth"), await now("adds_total")]).toEqual([1, 2]);
  });

  it("count retries, and are empty once the queue is shut down", async () => {
    const queue = queueOf();
    queue.addBackoff("a", { minMs: 1_000, maxMs: 2_000 });
    queue.add("b");
    expect(await now("retries_total")).toBe(1);
    queue.shutDown();
    expect(await now("depth")).toBe(0);
  });
});

describe("the metrics of a controller", () => {
  const NAME = "controller_runtime_";
  const of = async (name: string) => (await read(`${NAME}${name}{`))[`${NAME}${name}{controller="test"}`];
  const results = async () => Object.values(await read(`${NAME}reconcile_total`));

  function start(reconcile: Reconcile) {
    const queue = new WorkQueue({ clock, random: () => 0 });
    const observer = observeController(metrics, "test", 3);
    const common = { queue, workers: 3, deadlineMs: 10_000, clock, logger: silentLogger };
    const controller = new Controller({ name: "test", reconcile, observer, ...common });
    void controller.run(new AbortController().signal);
    return { queue, controller };
  }

  it("begin at zero, by result", async () => {
    start(async () => ({ kind: "done" }));
    expect(await read(`${NAME}reconcile_total`)).toEqual({
      'controller_runtime_reconcile_total{controller="test",result="success"}': 0,
      'controller_runtime_reconcile_total{controller="test",result="error"}': 0,
      'controller_runtime_reconcile_total{controller="test",result="requeue"}': 0,
      'controller_runtime_reconcile_total{controller="test",result="requeue_after"}': 0,
    });
    expect(await of("max_concurrent_reconciles")).toBe(3);
    expect(await of("active_workers")).toBe(0);
  });

  it("count each run under one result", async () => {
    const outcomes = [
      { kind: "done" },
      { kind: "after", ms: 1 },
      { kind: "after", ms: 1, terminal: true },
      { kind: "backoff", minMs: 1, maxMs: 1 },
      { kind: "done" },
    ] as const;
    let run = 0;
    const { queue } = start(async () => outcomes[run++] ?? { kind: "done" });
    queue.add("a");
    await clock.advance(1);
    queue.add("a");
    await clock.advance(10);
    expect(run).toBe(5);
    expect(await results()).toEqual([2, 0, 1, 2]);
    expect(await of("terminal_reconcile_errors_total")).toBe(1);
    expect(await of("reconcile_errors_total")).toBe(0);
    expect(await of("reconcile_time_seconds_count")).toBe(5);
  });

  it("distinguish errors from defects of the program", async () => {
    const errors = [
      new Error("the status could not be stored"),
      new TypeError("undefined is not a function"),
      "a text",
    ];
    let run = 0;
    const { queue } = start(async () => {
      if (run < errors.length) throw errors[run++];
      return { kind: "done" };
    });
    queue.add("a");
    await clock.advance(60_000);
    expect(await results()).toEqual([1, 3, 0, 0]);
    expect([await of("reconcile_errors_total"), await of("reconcile_panics_total")]).toEqual([3, 2]);
  });

  it("report runs that continue, that are interrupted, and that are too late", async () => {
    let run = 0;
    const { queue, controller } = start(async (_key, signal) => {
      if (++run === 3) return { kind: "done" };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      return { kind: "done" };
    });
    queue.add("a");
    await settle();
    expect(await of("active_workers")).toBe(1);
    controller.interrupt("a", "the spec changed");
    await settle();
    expect(await results()).toEqual([0, 0, 1, 0]);
    await clock.advance(10_000);
    expect([await of("reconcile_timeouts_total"), await of("active_workers")]).toEqual([1, 0]);
  });

  it("count the workers, not the runs that wait without one", async () => {
    const gates: (() => void)[] = [];
    const { queue } = start(async (key, _signal, _logger, run) => {
      if (key === "a") run.yieldWorker();
      await new Promise<void>((resolve) => gates.push(resolve));
      return { kind: "done" };
    });
    queue.add("a");
    queue.add("b");
    await settle();
    expect(await of("active_workers")).toBe(1);
    for (const open of gates) open();
    await settle();
    expect([await of("active_workers"), await of("reconcile_time_seconds_count")]).toEqual([0, 2]);
  });
});
