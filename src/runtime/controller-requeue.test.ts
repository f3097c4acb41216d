import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { silentLogger } from "../common/logger.ts";
import { Controller } from "./controller.ts";
import type { Requeue } from "./requeue.ts";
import { WorkQueue } from "./work-queue.ts";

let clock: FakeClock;
let queue: WorkQueue;
let runs: string[];

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0 });
  runs = [];
});

/** With one worker. */
function start(
  requeue: () => Requeue,
  reconciling: (key: string) => Promise<void> = async () => undefined,
): Controller {
  const controller = new Controller({
    name: "test",
    queue,
    reconcile: async (key) => {
      runs.push(key);
      await reconciling(key);
      return requeue();
    },
    workers: 1,
    deadlineMs: 60_000,
    clock,
    logger: silentLogger,
  });
  void controller.run(new AbortController().signal);
  return controller;
}

describe("Controller, when a run is to come again,", () => {
  it("backs off with each failure in a row, and starts over after a success", async () => {
    const at: number[] = [];
    start(() => {
      at.push(clock.monotonic());
      return at.length === 3 ? { kind: "after", ms: 10_000 } : { kind: "backoff", minMs: 1_000, maxMs: 60_000 };
    });
    queue.add("a");
    await clock.advance(14_000);
    expect(at).toEqual([0, 1_000, 3_000, 13_000, 14_000]);
  });

  it.each([
    { kind: "backoff", minMs: 1_000, maxMs: 1_000 },
    { kind: "after", ms: 1_000 },
  ] satisfies Requeue[])("takes a user's change before what is only due by $kind", async (requeue) => {
    const gate = Promise.withResolvers<void>();
    start(
      () => requeue,
      (key) => (key === "long" ? gate.promise : Promise.resolve()),
    );
    queue.add("due");
    await settle();
    queue.add("long");
    await clock.advance(1_000);
    queue.add("changed");
    gate.resolve();
    await settle();
    expect(runs).toEqual(["due", "long", "changed", "due"]);
  });

  it("runs it immediately when it is interrupted while it waits, and then waits as after the first failure", async () => {
    const controller = start(() => ({ kind: "backoff", minMs: 1_000, maxMs: 60_000 }));
    queue.add("a");
    await clock.advance(1_000 + 2_000);
    expect(runs).toHaveLength(3);
    controller.interrupt("a", "the spec changed");
    await settle();
    expect(runs).toHaveLength(4);
    await clock.advance(999);
    expect(runs).toHaveLength(4);
    await clock.advance(1);
    expect(runs).toHaveLength(5);
  });
});
