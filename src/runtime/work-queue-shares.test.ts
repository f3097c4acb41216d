import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { priorities, WorkQueue } from "./work-queue.ts";

const range = { minMs: 1_000, maxMs: 1_000 };
const periodic = { priority: priorities.periodic };

let clock: FakeClock;
let queue: WorkQueue;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0, shares: { ordinary: 2, slow: 1, slowAtMost: 2 } });
});

/** What can be taken right now, without waiting. */
async function takeAll(): Promise<string[]> {
  for (const taken: string[] = []; ; ) {
    const now = new AbortController();
    const taking = queue.take(now.signal);
    now.abort();
    const key = await taking;
    if (key === undefined) return taken;
    taken.push(key);
  }
}

describe("a work queue with shares", () => {
  it("keeps keys that fail apart, so that they hold up nobody but each other", async () => {
    for (const key of ["down-1", "down-2", "down-3"]) queue.addBackoff(key, range, periodic);
    await clock.advance(1_000);
    expect(await takeAll()).toEqual(["down-1"]);
    for (const key of ["well-1", "well-2", "well-3"]) queue.add(key, periodic);
    expect(await takeAll()).toEqual(["well-1", "well-2"]);
    queue.done("well-1");
    expect(await takeAll()).toEqual(["well-3"]);
    queue.done("down-1");
    expect(await takeAll()).toEqual(["down-2"]);
    expect(queue.sizes).toEqual({ due: 1, delayed: 0, running: 3 });
  });

  it("does not keep them from those who wait, when their turn comes by another's end", async () => {
    queue.add("a", periodic);
    queue.add("b", periodic);
    queue.add("c", periodic);
    await takeAll();
    const waiting = queue.take(new AbortController().signal);
    queue.done("b");
    expect(await waiting).toBe("c");
  });

  it("lets a key that has failed run with all others again after a user's change, or once it is well", async () => {
    queue.addBackoff("busy", range, periodic);
    for (const key of ["changed", "well"]) queue.addBackoff(key, range, periodic);
    await clock.advance(1_000);
    expect(await takeAll()).toEqual(["busy"]);
    queue.forget("changed");
    queue.add("changed");
    expect(await takeAll()).toEqual(["changed"]);
    queue.done("busy");
    expect(await takeAll()).toEqual(["well"]);
    queue.forget("well");
    queue.done("well");
    queue.add("well", periodic);
    queue.add("busy", periodic);
    expect(await takeAll()).toEqual(["well", "busy"]);
  });

  it("believes what is known of a key from before", async () => {
    for (const key of ["down-1", "down-2"]) queue.add(key, { ...periodic, isSlow: true });
    queue.add("well", periodic);
    expect(await takeAll()).toEqual(["well", "down-1"]);
    // A user's change is heard all the same.
    queue.add("down-2");
    expect(await takeAll()).toEqual(["down-2"]);
  });

  it("moves a key that takes long out of the way, while there is room", async () => {
    for (const key of ["new-1", "new-2", "new-3", "new-4"]) queue.add(key);
    expect(await takeAll()).toEqual(["new-1", "new-2"]);
    queue.slow("new-1");
    expect(await takeAll()).toEqual(["new-3"]);
    queue.slow("new-2");
    expect(await takeAll()).toEqual(["new-4"]);
    queue.add("new-5");
    queue.slow("new-3");
    expect(await takeAll()).toEqual([]);
    // More run there than are taken for it, so none is.
    queue.add("down", { ...periodic, isSlow: true });
    queue.done("new-1");
    expect(await takeAll()).toEqual([]);
    queue.slow("new-3");
    expect(await takeAll()).toEqual(["new-5"]);
    queue.slow("unknown");
  });
});
