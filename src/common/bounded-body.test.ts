import { describe, expect, it } from "vitest";
import { readBounded } from "./bounded-body.ts";
import { ByteBudget } from "./byte-budget.ts";
import { systemClock } from "./clock.ts";

const KiB = 1024;

async function* chunks(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(bytes);
}

describe("readBounded", () => {
  it.each([
    [1, 64 * KiB, 0],
    [2, 64 * KiB, 1],
    [100, 10 * KiB, 15],
    [1, 1024 * KiB, 15],
  ])("asks for room for everything beyond 64 KiB: %i pieces of %i bytes", async (count, bytes, steps) => {
    const asked: number[] = [];
    const body = await readBounded(chunks(count, bytes), 2048 * KiB, async (more) => void asked.push(more));
    expect(body?.length).toBe(count * bytes);
    expect(asked).toEqual(Array(steps).fill(64 * KiB));
  });

  it("does not ask for more room than the largest body takes", async () => {
    let asked = 0;
    const body = await readBounded(chunks(100, 64 * KiB), 256 * KiB, async (more) => {
      asked += more;
    });
    expect(body).toBeUndefined();
    expect(asked).toBe(192 * KiB);
  });

  it("reads nothing else until there is room", async () => {
    const budget = new ByteBudget({ total: 1024 * KiB, largest: 256 * KiB, clock: systemClock });
    const gone = new AbortController();
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 64 * KiB;
        yield new Uint8Array(64 * KiB);
      }
    }
    const bodies = Array.from({ length: 20 }, () => {
      const lease = budget.lease("hostile");
      return readBounded(endless(), 256 * KiB * KiB, (bytes) => lease.grow(bytes, gone.signal));
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(budget.held).toBeLessThanOrEqual(512 * KiB);
    // Each may have one more piece at hand in addition to what is not counted.
    expect(read).toBeLessThanOrEqual(512 * KiB + 20 * 128 * KiB);
    gone.abort(new Error("gone"));
    await Promise.allSettled(bodies);
  });
});
