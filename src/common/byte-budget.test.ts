import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

const { signal } = new AbortController();

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
  it("gives an owner half of what the others leave, so that there is room for one who comes later", async () => {
    const budget = new ByteBudget(64, 32);
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
    const budget = new ByteBudget(64, 32);
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
    const budget = new ByteBudget(64, 32);
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

  it("forgets who gave up", async () => {
    const budget = new ByteBudget(64, 32);
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
          const budget = new ByteBudget(64, 32);
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
