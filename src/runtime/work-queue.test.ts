import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { priorities, WorkQueue } from "./work-queue.ts";

let clock: FakeClock;
let queue: WorkQueue;
const forever = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0 });
});

/** What can be taken right now, without waiting. */
async function takeAll(from = queue): Promise<string[]> {
  const taken: string[] = [];
  while (from.sizes.due > 0) {
    const now = new AbortController();
    const taking = from.take(now.signal);
    now.abort();
    const key = await taking;
    if (key === undefined) return taken;
    taken.push(key);
  }
  return taken;
}

describe("WorkQueue", () => {
  it("gives keys in the order in which they came, each once", async () => {
    for (const key of ["a", "b", "a", "c"]) queue.add(key);
    expect(await takeAll()).toEqual(["a", "b", "c"]);
  });

  it("gives a key to the one who has waited longest", async () => {
    const [first, second] = [queue.take(forever), queue.take(forever)];
    queue.add("a");
    queue.add("b");
    expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  });

  it("processes what a user changed before what is only due", async () => {
    queue.add("old-1", { priority: priorities.periodic });
    queue.add("old-2", { priority: priorities.periodic });
    queue.add("new");
    queue.add("old-2");
    expect(await takeAll()).toEqual(["new", "old-2", "old-1"]);
  });

  it("never lowers a priority", async () => {
    queue.add("b", { priority: priorities.periodic });
    queue.add("a");
    queue.add("a", { priority: priorities.periodic });
    expect(await takeAll()).toEqual(["a", "b"]);
  });

  it("does not give a key that runs, but once more after it is done", async () => {
    queue.add("a");
    expect(await takeAll()).toEqual(["a"]);
    queue.add("a");
    queue.add("a");
    expect(await takeAll()).toEqual([]);
    queue.done("a");
    expect(await takeAll()).toEqual(["a"]);
    queue.done("a");
    expect(await takeAll()).toEqual([]);
  });

  it("gives a delayed key when its time has come", async () => {
    queue.addAfter("a", 1_000);
    await clock.advance(999);
    expect(await takeAll()).toEqual([]);
    await clock.advance(1);
    expect(await takeAll()).toEqual(["a"]);
  });

  it("keeps the earliest of several times", async () => {
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 5_000);
    queue.addAfter("b", 5_000);
    queue.addAfter("b", 1_000);
    await clock.advance(1_000);
    expect(await takeAll()).toEqual(["a", "b"]);
    expect(clock.pending).toBe(0);
  });

  it("takes a planned later run along with one that is asked for now", async () => {
    queue.addAfter("a", 1_000);
    queue.add("a");
    expect(await takeAll()).toEqual(["a"]);
    queue.done("a");
    await clock.advance(10_000);
    expect(await takeAll()).toEqual([]);
  });

  it("holds back a delayed key that becomes due while the key runs", async () => {
    queue.add("a");
    await takeAll();
    queue.addAfter("a", 1_000);
    await clock.advance(2_000);
    expect(await takeAll()).toEqual([]);
    queue.done("a");
    expect(await takeAll()).toEqual(["a"]);
  });

  it("backs off further with each failure, up to the longest wait, and from the start after forget", () => {
    const range = { minMs: 1_000, maxMs: 5_000 };
    const delays = [1, 2, 3, 4].map(() => queue.addBackoff("a", range));
    expect(delays).toEqual([1_000, 2_000, 4_000, 5_000]);
    expect(queue.addBackoff("b", range)).toBe(1_000);
    queue.forget("a");
    expect(queue.addBackoff("a", range)).toBe(1_000);
  });

  it("shortens backoffs at random, so that many do not come at the same time", () => {
    const jittery = new WorkQueue({ clock, random: () => 0.999 });
    const delay = jittery.addBackoff("a", { minMs: 1_000, maxMs: 5_000 });
    expect(delay).toBeGreaterThan(740);
    expect(delay).toBeLessThan(760);
  });

  it("gives nothing to a taker that has gone", async () => {
    const gone = new AbortController();
    const taking = queue.take(gone.signal);
    gone.abort();
    queue.add("a");
    expect(await taking).toBeUndefined();
    expect(await queue.take(AbortSignal.abort())).toBeUndefined();
    expect(await takeAll()).toEqual(["a"]);
  });

  it("gives and accepts nothing after it was shut down", async () => {
    const waiting = queue.take(forever);
    queue.addAfter("a", 1_000);
    queue.shutDown();
    queue.add("b");
    expect(await waiting).toBeUndefined();
    expect(await queue.take(forever)).toBeUndefined();
    expect(clock.pending).toBe(0);
    expect(queue.sizes).toEqual({ due: 0, delayed: 0, running: 0 });
  });

  it("reports how much waits and runs", async () => {
    queue.add("a");
    await takeAll();
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 1_000);
    expect(queue.sizes).toEqual({ due: 2, delayed: 1, running: 1 });
  });

  it("never runs a key twice at the same time and loses none, whatever happens in whatever order", async () => {
    const key = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      fc.record({ do: fc.constant("add" as const), key, priority: fc.constantFrom(0, -100) }),
      fc.record({ do: fc.constant("after" as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ do: fc.constant("take" as const) }),
      fc.record({ do: fc.constant("done" as const), key }),
      fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const time = new FakeClock();
        const tested = new WorkQueue({ clock: time, random: () => 0 });
        const running = new Set<string>();
        const owed = new Set<string>();
        const take = async () => {
          const now = new AbortController();
          const taking = tested.take(now.signal);
          now.abort();
          const taken = await taking;
          if (taken === undefined) return;
          expect(running).not.toContain(taken);
          running.add(taken);
          owed.delete(taken);
        };
        for (const next of steps) {
          if (next.do === "add") tested.add(next.key, { priority: next.priority });
          if (next.do === "after") tested.addAfter(next.key, next.ms);
          if (next.do === "add" || next.do === "after") owed.add(next.key);
          if (next.do === "take") await take();
          if (next.do === "done" && running.delete(next.key)) tested.done(next.key);
          if (next.do === "advance") await time.advance(next.ms);
        }
        await time.advance(100);
        for (const left of running) tested.done(left);
        running.clear();
        for (let round = 0; round < 3; round++) await take();
        expect([...owed]).toEqual([]);
        expect(tested.sizes).toMatchObject({ due: 0, delayed: 0 });
        await settle();
      }),
      { numRuns: 50 },
    );
  });
});
