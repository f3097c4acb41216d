import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { type AddOptions, priorities, WorkQueue } from "./work-queue.ts";

const range = { minMs: 1_000, maxMs: 1_000 };
const periodic = { priority: priorities.periodic };

const ignore = () => undefined;

let clock: FakeClock;
let queue: WorkQueue;

beforeEach(() => {
  clock = new FakeClock();
  queue = new WorkQueue({ clock, random: () => 0, shares: { ordinary: 2, slow: 1, late: 2, waiting: 1 } });
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

  it("gives the next key to a waiting taker when another key is done", async () => {
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
    // A user's change still has its turn.
    queue.add("down-2");
    expect(await takeAll()).toEqual(["down-2"]);
  });

  it("moves a key that takes long out of the way, while there is room", async () => {
    for (const key of ["new-1", "new-2", "new-3", "new-4"]) queue.add(key);
    expect(await takeAll()).toEqual(["new-1", "new-2"]);
    queue.slow("new-1", ignore);
    expect(await takeAll()).toEqual(["new-3"]);
    queue.slow("new-2", ignore);
    expect(await takeAll()).toEqual(["new-4"]);
    queue.add("new-5");
    queue.slow("new-3", ignore);
    expect(await takeAll()).toEqual([]);
    // One of the keys that are known to be slow still has its turn.
    queue.add("down", { ...periodic, isSlow: true });
    expect(await takeAll()).toEqual(["down"]);
    queue.slow("unknown", ignore);
  });

  it("moves a key as soon as there is room, although it is said only once that it takes long", async () => {
    for (const key of ["new-1", "new-2", "new-3", "new-4", "new-5"]) queue.add(key);
    await takeAll();
    for (const key of ["new-1", "new-2"]) queue.slow(key, ignore);
    await takeAll();
    for (const key of ["new-3", "new-4"]) queue.slow(key, ignore);
    expect(await takeAll()).toEqual([]);
    queue.done("new-1");
    expect(await takeAll()).toEqual(["new-5"]);
  });

  it("lets a key that only waits continue without a worker, immediately or as soon as there is room", async () => {
    for (const key of ["check-1", "check-2", "check-3", "check-4"]) queue.add(key);
    expect(await takeAll()).toEqual(["check-1", "check-2"]);
    const freed: string[] = [];
    for (const key of ["check-1", "check-1", "check-2"]) queue.waits(key, () => freed.push(key));
    expect(freed).toEqual(["check-1"]);
    expect(await takeAll()).toEqual(["check-3"]);
    queue.done("check-1");
    expect(freed).toEqual(["check-1", "check-2"]);
    expect(await takeAll()).toEqual(["check-4"]);
    // What has ended is not moved any more.
    queue.waits("check-3", () => freed.push("check-3"));
    queue.done("check-3");
    queue.done("check-2");
    expect(freed).toEqual(["check-1", "check-2"]);
  });
});

describe("a work queue with several owners", () => {
  beforeEach(() => {
    queue = new WorkQueue({ clock, random: () => 0, shares: { ordinary: 10, slow: 4, late: 4, waiting: 2 } });
  });

  const add = (owner: string, count: number, options: AddOptions = periodic) => {
    for (let index = 0; index < count; index++) queue.add(`${owner}/${index}`, options);
  };
  /** How many keys of each owner can be taken. */
  const takeByOwner = async () => {
    const counts: Record<string, number> = {};
    for (const key of await takeAll()) {
      const owner = key.split("/")[0] ?? "";
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    return counts;
  };

  it("never lets one have all workers, also while no other wants any", async () => {
    add("greedy", 150);
    expect(await takeByOwner()).toEqual({ greedy: 10 });
    add("victim", 3);
    expect(await takeByOwner()).toEqual({ victim: 3 });
    add("second", 20, {});
    expect(await takeByOwner()).toEqual({ second: 4 });
    add("third", 1);
    expect(await takeByOwner()).toEqual({ third: 1 });
  });

  it("gives free places in turns, whatever the order and number of requests", async () => {
    add("greedy", 100);
    add("victim", 2);
    const [first, second, third, fourth] = await takeAll();
    expect([first, second, third, fourth]).toEqual(["greedy/0", "victim/0", "greedy/1", "victim/1"]);
  });

  it("does not let the changes of one keep the others from what is due", async () => {
    add("greedy", 50, { priority: priorities.change });
    add("victim", 2);
    expect(await takeByOwner()).toEqual({ greedy: 10, victim: 2 });
  });

  it.each(["slow", "late", "waiting"] as const)(
    "leaves room for others in the share of keys that are %s",
    async (share) => {
      const each = share === "waiting" ? 2 : 4;
      const moved: string[] = [];
      const fill = async (owner: string) => {
        add(owner, 40, share === "slow" ? { ...periodic, isSlow: true } : periodic);
        const taken = await takeAll();
        for (const key of taken) {
          if (share === "late") queue.slow(key, ignore);
          if (share === "waiting") queue.waits(key, () => moved.push(key));
        }
        return taken.length + (await takeAll()).length;
      };
      const ordinary = share === "slow" ? 0 : 10;
      expect(await fill("greedy")).toBe(ordinary + each);
      const others = await fill("victim");
      expect(others).toBe({ slow: 2, late: 8, waiting: 6 }[share]);
      if (share === "waiting") expect(moved).toEqual(["greedy/0", "greedy/1", "victim/0"]);
    },
  );

  it("moves a key of another owner past those whose owner has its share already", async () => {
    add("greedy", 6);
    add("victim", 1);
    const taken = await takeAll();
    expect(taken).toHaveLength(7);
    for (const key of taken) queue.slow(key, ignore);
    // Two of greedy's six still hold ordinary places, and victim's one does not: it has room for all ten again.
    add("victim", 20, {});
    expect(await takeByOwner()).toEqual({ victim: 9 });
    add("greedy", 20, {});
    expect(await takeByOwner()).toEqual({ greedy: 4 });
  });

  it.each(["slow", "late", "waiting"] as const)(
    "has room for a newcomer next to any number of greedy owners, all of whose keys are %s",
    async (share) => {
      let freed = 0;
      const options = share === "slow" ? { ...periodic, isSlow: true } : periodic;
      for (let owner = 0; owner < 40; owner++) {
        add(`greedy-${owner}`, 40, options);
        for (let round = 0; round < 4; round++) {
          for (const key of await takeAll()) {
            if (share === "waiting") queue.waits(key, () => freed++);
            queue.slow(key, () => freed++);
          }
        }
      }
      const { running } = queue.sizes;
      // Nobody's keys need a worker any more, and there are not many more of them than there are owners.
      expect(freed).toBeGreaterThanOrEqual(running);
      expect(running).toBeLessThan(300);
      add("victim", 3, options);
      expect(await takeByOwner()).toEqual({ victim: 1 });
      queue.done("victim/0");
      expect(await takeByOwner()).toEqual({ victim: 1 });
      // One of its own hosts may take long, too: the next one need not wait for it, unless it is known to be slow itself.
      queue.slow("victim/1", ignore);
      expect(await takeByOwner()).toEqual(share === "slow" ? {} : { victim: 1 });
    },
  );

  it("frees the worker of a slow key only where it bounds how many there are", async () => {
    const freed: string[] = [];
    queue.add("a/1");
    await takeAll();
    queue.slow("a/1", () => freed.push("a/1"));
    queue.slow("a/2", () => freed.push("a/2"));
    expect(freed).toEqual(["a/1"]);
    queue = new WorkQueue({ clock, random: () => 0 });
    queue.add("a/1");
    await takeAll();
    queue.slow("a/1", () => freed.push("again"));
    expect(freed).toEqual(["a/1"]);
  });

  it("loses no key, whatever owners there are and whatever happens in whatever order", async () => {
    const owners = fc.constantFrom("a", "b", "c");
    const step = fc.record({
      do: fc.constantFrom("add", "take", "slow", "waits", "done"),
      key: fc.tuple(owners, fc.integer({ min: 0, max: 5 })).map(([owner, index]) => `${owner}/${index}`),
      isSlow: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const shares = { ordinary: 1, slow: 1, late: 1, waiting: 1 };
        queue = new WorkQueue({ clock, random: () => 0, shares });
        const running = new Set<string>();
        const owed = new Set<string>();
        const take = async () => {
          for (const key of await takeAll()) {
            expect(running).not.toContain(key);
            running.add(key);
            owed.delete(key);
          }
        };
        for (const { do: what, key, isSlow } of steps) {
          if (what === "take") await take();
          if (what === "slow") queue.slow(key, ignore);
          if (what === "waits") queue.waits(key, () => expect(running).toContain(key));
          if (what === "done" && running.delete(key)) queue.done(key);
          if (what !== "add") continue;
          queue.add(key, { ...periodic, isSlow });
          owed.add(key);
        }
        for (let round = 0; round < 40; round++) {
          await take();
          for (const key of running) queue.done(key);
          running.clear();
        }
        expect([...owed]).toEqual([]);
        expect(queue.sizes).toEqual({ due: 0, delayed: 0, running: 0 });
      }),
      { numRuns: 50 },
    );
  });
});
