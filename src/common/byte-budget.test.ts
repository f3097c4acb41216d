import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { ByteBudget, HeldTooLong } from "./byte-budget.ts";

const { signal } = new AbortController();

function budgetOf64(clock = new FakeClock()): ByteBudget {
  return new ByteBudget({ total: 64, largest: 32, clock });
}

/** Whether it grew without waiting. */
async function grows(lease: ReturnType<ByteBudget["lease"]>, bytes: number): Promise<boolean> {
  const stop = new AbortController();
  const grown = lease.grow(bytes, stop.signal).then(
    () => true,
    () => false,
  );
  stop.abort();
  return await grown;
}

describe("a budget of bytes", () => {
  it("gives an owner half of what the others leave, so that there is room for later owners", async () => {
    const budget = budgetOf64();
    for (const [owner, most] of [
      ["a", 32],
      ["b", 16],
      ["c", 8],
    ] as const) {
      const lease = budget.lease(owner);
      expect(await grows(lease, most + 1), owner).toBe(false);
      expect(await grows(lease, most), owner).toBe(true);
    }
    expect(budget.held).toBe(56);
  });

  it("lets others wait until room is given back, in order of arrival", async () => {
    const budget = budgetOf64();
    const first = budget.lease("a");
    await first.grow(32, signal);
    const order: number[] = [];
    const waiting = [1, 2].map(async (n) => {
      const lease = budget.lease("a");
      await lease.grow(16, signal);
      order.push(n);
      return lease;
    });
    await Promise.resolve();
    expect(budget.waiting).toBe(2);
    first[Symbol.dispose]();
    for (const each of waiting) (await each)[Symbol.dispose]();
    expect(order).toEqual([1, 2]);
    expect(budget.held).toBe(0);
  });

  it("leaves one of an owner's leases room to become as large as it may: they never wait for each other", async () => {
    const budget = budgetOf64();
    const leases = Array.from({ length: 4 }, () => budget.lease("a"));
    let done = 0;
    await Promise.all(
      leases.map(async (lease) => {
        for (let held = 0; held < 31; held++) await lease.grow(1, signal);
        done++;
        lease[Symbol.dispose]();
      }),
    );
    expect(done).toBe(4);
  });

  it("forgets requests that gave up", async () => {
    const budget = budgetOf64();
    const held = budget.lease("a");
    await held.grow(32, signal);
    const stop = new AbortController();
    const waiting = budget.lease("a").grow(1, stop.signal);
    stop.abort(new Error("too late"));
    await expect(waiting).rejects.toThrow("too late");
    expect(budget.waiting).toBe(0);
  });

  it("never holds more than its total, and nothing at the end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 32 })), { maxLength: 20 }),
        async (wishes) => {
          const budget = budgetOf64();
          const leases = wishes.map(([owner, bytes]) => ({ lease: budget.lease(owner), bytes }));
          for (const { lease, bytes } of leases) {
            await grows(lease, bytes);
            expect(budget.held).toBeLessThan(64);
          }
          for (const { lease } of leases) lease[Symbol.dispose]();
          expect(budget.held).toBe(0);
        },
      ),
    );
  });
});

describe("a budget of bytes that greedy owners have filled", () => {
  /** Each of them reads an answer that never ends, and takes what it gets. */
  function fill(budget: ByteBudget, owners: number, takenBack: string[]): void {
    for (let index = 0; index < owners; index++) {
      const owner = `greedy-${index}`;
      const stop = new AbortController();
      const lease = budget.lease(owner, (error) => {
        takenBack.push(owner);
        stop.abort(error);
        lease[Symbol.dispose]();
      });
      const read = async () => {
        for (;;) await lease.grow(1, stop.signal);
      };
      read().catch(() => undefined);
    }
  }

  it.each([2, 7, 15, 31])("gives a newcomer its equal share next to %s of them within some seconds", async (owners) => {
    const clock = new FakeClock();
    const budget = budgetOf64(clock);
    const takenBack: string[] = [];
    fill(budget, owners, takenBack);
    await settle();
    const before = budget.held;
    expect(before).toBeGreaterThan(32);
    const lease = budget.lease("victim");
    const share = Math.floor(64 / (owners + 2));
    let got = 0;
    const reading = (async () => {
      for (; got < share; got++) await lease.grow(1, signal);
    })();
    await clock.advance(5_000);
    await reading;
    expect(got).toBe(share);
    // Nobody who held no more than an equal share has lost anything.
    expect(takenBack).not.toContain(`greedy-${owners - 1}`);
    expect(budget.held).toBeLessThanOrEqual(64);
  });

  it("gives it more than its share once their answers have taken too long", async () => {
    const clock = new FakeClock();
    const budget = budgetOf64(clock);
    const takenBack: string[] = [];
    fill(budget, 31, takenBack);
    await settle();
    const lease = budget.lease("victim");
    let got = 0;
    const reading = (async () => {
      for (; got < 20; got++) await lease.grow(1, signal);
    })();
    await clock.advance(25_000);
    expect(got).toBeLessThan(20);
    await clock.advance(10_000);
    await reading;
    expect(got).toBe(20);
  });

  it("takes back neither a complete answer nor a new one, and rejects the others with the reason", async () => {
    const clock = new FakeClock();
    const budget = budgetOf64(clock);
    const ended: unknown[] = [];
    const complete = budget.lease("a", (error) => ended.push(error));
    await complete.grow(32, signal);
    complete.keep();
    const old = budget.lease("b", (error) => ended.push(error));
    await old.grow(16, signal);
    const filler = budget.lease("c", () => undefined);
    await filler.grow(8, signal);
    await clock.advance(4_000);
    const waiting = budget.lease("d").grow(12, signal);
    const more = old.grow(8, signal);
    more.catch(() => undefined);
    await clock.advance(4_000);
    expect(ended).toEqual([]);
    await clock.advance(1_000);
    await waiting;
    expect(ended).toEqual([expect.any(HeldTooLong)]);
    await expect(more).rejects.toBeInstanceOf(HeldTooLong);
    await expect(old.grow(1, signal)).rejects.toBeInstanceOf(HeldTooLong);
    old[Symbol.dispose]();
    expect(budget.held).toBe(32 + 8 + 12);
  });

  it("leaves no timer behind", async () => {
    const clock = new FakeClock();
    const budget = budgetOf64(clock);
    const held = budget.lease("a");
    await held.grow(32, signal);
    const waiting = budget.lease("a").grow(1, signal);
    await clock.advance(60_000);
    expect(clock.pending).toBe(1);
    held[Symbol.dispose]();
    await waiting;
    expect(clock.pending).toBe(0);
  });
});
