import { beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { TurnCounter } from "../../test/support/turn-counter.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { Controller, type Reconcile } from "./controller.ts";
import type { ReconcileObserver } from "./observers.ts";
import { Interrupted, ShuttingDown } from "./run.ts";
import { WorkQueue } from "./work-queue.ts";

let clock: FakeClock;
let queue: WorkQueue;
let logger: MemoryLogger;
let stop: AbortController;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0 });
  logger = new MemoryLogger();
  stop = new AbortController();
  ends = [];
});

/** How each run has ended, in order: what it returned, or how else. */
let ends: string[];
const observer: ReconcileObserver = {
  started: () => ends.push("started"),
  workerFreed() {},
  ended(end) {
    ends.pop();
    const how = end.kind === "returned" ? end.requeue.kind : end.kind;
    ends.push(end.kind !== "interrupted" && end.timedOut ? `${how}, timed out` : how);
  },
};

function start(reconcile: Reconcile, options: { workers?: number; deadlineMs?: number } = {}) {
  const { workers = 2, deadlineMs = 60_000 } = options;
  const fieldsOf = () => ({ generation: 3 });
  const run = { name: "test", queue, reconcile, workers, deadlineMs };
  const controller = new Controller({ ...run, clock, logger, observer, fieldsOf });
  return { controller, stopped: controller.run(stop.signal) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

describe("Controller", () => {
  it("reports a run that continues past its deadline, and no other", async () => {
    const { promise: hanging, resolve: end } = Promise.withResolvers<void>();
    const { controller } = start(async (key, signal) => {
      if (key === "ns/hangs") await hanging;
      else if (key === "ns/slow") await aborted(signal);
      return { kind: "done" };
    });
    for (const key of ["ns/slow", "ns/hangs"]) queue.add(key);
    await clock.advance(64_000);
    expect(controller.overdue).toBeUndefined();
    await clock.advance(2_000);
    expect(controller.overdue).toEqual({ controller: "test", key: "ns/hangs", ms: 66_000, deadlineMs: 60_000 });
    end();
    await settle();
    expect(controller.overdue).toBeUndefined();
  });

  it("lets other work run while thousands of runs find nothing to do", async () => {
    const turns = new TurnCounter();
    for (let i = 0; i < 301; i++) queue.add(`ns/${i}`);
    const done: Reconcile = async () => {
      turns.count();
      return { kind: "done" };
    };
    start(done, { workers: 10 });
    await eventually(() => expect(turns.total).toBe(301));
    expect(turns.most).toBeLessThanOrEqual(25);
  });

  it("runs what is added, and again when the run asks for it", async () => {
    const runs: string[] = [];
    start(async (key) => {
      runs.push(key);
      return runs.length === 1 ? { kind: "after", ms: 5_000 } : { kind: "done" };
    });
    queue.add("ns/a");
    await clock.advance(4_999);
    expect(runs).toEqual(["ns/a"]);
    await clock.advance(1);
    expect(runs).toEqual(["ns/a", "ns/a"]);
    await clock.advance(60_000);
    expect(ends).toEqual(["after", "done"]);
  });

  it("processes as many keys at the same time as it has workers", async () => {
    const gates: (() => void)[] = [];
    let most = 0;
    let now = 0;
    start(async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => gates.push(resolve));
      now--;
      return { kind: "done" };
    });
    for (const key of ["a", "b", "c", "d"]) queue.add(key);
    await settle();
    expect(now).toBe(2);
    while (gates.length > 0) {
      gates.shift()?.();
      await settle();
    }
    expect(most).toBe(2);
    expect(queue.sizes).toEqual({ due: 0, delayed: 0, running: 0 });
  });

  it("survives a reconciler that throws, reports it, and tries again", async () => {
    let runs = 0;
    start(async () => {
      if (++runs === 1) throw new Error("a bug");
      return { kind: "done" };
    });
    queue.add("ns/a");
    await clock.advance(1_000);
    expect(runs).toBe(2);
    expect(ends).toEqual(["threw", "done"]);
    const [line] = logger.lines;
    expect(line).toMatchObject({
      level: "error",
      fields: { controller: "test", namespace: "ns", name: "a", generation: 3 },
    });
    expect(line?.fields.reconcileID).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("aborts a run at its deadline and uses its result", async () => {
    const reasons: unknown[] = [];
    start(
      async (_key, signal) => {
        await aborted(signal);
        reasons.push(signal.reason);
        return { kind: "after", ms: 60_000 };
      },
      { deadlineMs: 3_000 },
    );
    queue.add("a");
    await clock.advance(3_000);
    expect(reasons).toEqual([expect.any(DeadlineExceeded)]);
    expect(ends).toEqual(["after, timed out"]);
    expect(queue.sizes).toMatchObject({ delayed: 1 });
  });

  it("aborts a run that a change made pointless, forgets its backoff and immediately runs again", async () => {
    const reasons: unknown[] = [];
    const { controller } = start(async (_key, signal) => {
      if (reasons.length === 1) return { kind: "done" };
      await aborted(signal);
      reasons.push(signal.reason);
      return { kind: "backoff", minMs: 60_000, maxMs: 60_000 };
    });
    queue.addBackoff("a", { minMs: 1, maxMs: 60_000 });
    await clock.advance(1);
    controller.interrupt("a", "the spec changed");
    await settle();
    expect(reasons).toEqual([expect.any(Interrupted)]);
    expect(ends).toEqual(["interrupted", "done"]);
    expect(queue.sizes).toEqual({ due: 0, delayed: 0, running: 0 });
    expect(queue.addBackoff("a", { minMs: 1, maxMs: 60_000 })).toBe(1);
  });

  it("does not report an exception of an interrupted run as a failure", async () => {
    let runs = 0;
    const { controller } = start(async (_key, signal) => {
      if (++runs > 1) return { kind: "done" };
      await aborted(signal);
      throw signal.reason;
    });
    queue.add("a");
    await settle();
    controller.interrupt("a", "the Secret changed");
    await settle();
    expect(ends).toEqual(["interrupted", "done"]);
    expect(logger.lines).toEqual([]);
  });

  it("lets running work end within the grace period, and starts nothing new", async () => {
    const ended: string[] = [];
    const gate = Promise.withResolvers<void>();
    const { stopped } = start(
      async (key, signal) => {
        await gate.promise;
        ended.push(`${key} ${signal.aborted}`);
        return { kind: "done" };
      },
      { workers: 1 },
    );
    queue.add("a");
    queue.add("b");
    await settle();
    stop.abort();
    await clock.advance(9_000);
    gate.resolve();
    await stopped;
    expect(ended).toEqual(["a false"]);
  });

  it("aborts what is still in flight at the end of the grace period", async () => {
    const reasons: unknown[] = [];
    const { stopped } = start(async (_key, signal) => {
      await aborted(signal);
      reasons.push(signal.reason);
      return { kind: "done" };
    });
    queue.add("a");
    await settle();
    stop.abort();
    await clock.advance(10_000);
    await stopped;
    expect(reasons).toEqual([expect.any(ShuttingDown)]);
  });

  it("leaves a run behind that ignores its signal", async () => {
    const { stopped } = start(() => new Promise(() => {}));
    queue.add("ns/a");
    await settle();
    stop.abort();
    await clock.advance(15_000);
    await stopped;
    expect(logger.lines).toMatchObject([{ level: "error", fields: { keys: ["ns/a"] } }]);
  });

  it("ends immediately if there is nothing to do, also if it was stopped before", async () => {
    const { stopped } = start(async () => ({ kind: "done" }));
    await settle();
    stop.abort();
    await stopped;
    await start(async () => ({ kind: "done" })).stopped;
    expect(clock.pending).toBe(0);
  });
});

describe("a run that yields its worker", () => {
  it("lets the next key have it, and still has its own end", async () => {
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    const runs: string[] = [];
    const { stopped } = start(
      async (key, _signal, _logger, run) => {
        runs.push(key);
        if (key !== "ns/slow") return { kind: "done" };
        run.yieldWorker();
        run.yieldWorker();
        await answer;
        return { kind: "after", ms: 1_000 };
      },
      { workers: 1 },
    );
    for (const key of ["ns/slow", "ns/a", "ns/b"]) queue.add(key);
    await settle();
    expect(runs).toEqual(["ns/slow", "ns/a", "ns/b"]);
    // It is under way: the same key waits for its end.
    queue.add("ns/slow");
    await settle();
    expect(runs.length).toBe(3);
    resolve();
    await settle();
    expect(runs.slice(3)).toEqual(["ns/slow"]);
    await clock.advance(1_000);
    expect(runs.length).toBe(5);
    stop.abort();
    await stopped;
  });

  it("is waited for when the program stops, and can be interrupted", async () => {
    const reasons: unknown[] = [];
    const { controller, stopped } = start(
      async (_key, signal, _logger, run) => {
        run.yieldWorker();
        await aborted(signal);
        reasons.push(signal.reason);
        return { kind: "done" };
      },
      { workers: 1 },
    );
    queue.add("ns/a");
    queue.add("ns/b");
    await settle();
    controller.interrupt("ns/a", "the user changed it");
    await settle();
    let ended = false;
    void stopped.then(() => {
      ended = true;
    });
    stop.abort();
    await clock.advance(9_999);
    expect([ended, reasons]).toEqual([false, [expect.any(Interrupted)]]);
    await clock.advance(1);
    await stopped;
    expect(reasons.slice(1)).toEqual([expect.any(ShuttingDown), expect.any(ShuttingDown)]);
  });

  it("keeps it when a hundred others wait already", async () => {
    let running = 0;
    start(
      async (_key, signal, _logger, run) => {
        running++;
        run.yieldWorker();
        await aborted(signal);
        return { kind: "done" };
      },
      { workers: 2 },
    );
    for (let index = 0; index < 200; index++) queue.add(`ns/${index}`);
    for (let turn = 0; turn < 200; turn++) await settle();
    expect(running).toBe(102);
  });
});
