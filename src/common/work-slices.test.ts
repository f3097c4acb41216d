import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WorkSlices } from "./work-slices.ts";

describe("work in slices", () => {
  it("waits for a turn at its start, and whenever a slice is used up", async () => {
    let turns = 0;
    const slices = new WorkSlices(AbortSignal.any([]), async () => turns++);
    await slices.spend(1);
    expect(turns).toBe(1);
    for (let i = 0; i < 4; i++) await slices.spend(100_000);
    expect(turns).toBe(1);
    for (let i = 0; i < 5; i++) await slices.spend(100_000);
    expect(turns).toBe(2);
  });

  it("gives work that is larger than a slice a turn of its own", async () => {
    let turns = 0;
    const slices = new WorkSlices(AbortSignal.any([]), async () => turns++);
    await slices.spend(2_000_000);
    await slices.spend(1);
    expect(turns).toBe(2);
  });

  it("ends with the signal's reason", async () => {
    const stop = new AbortController();
    const slices = new WorkSlices(stop.signal);
    await slices.spend(500_000);
    const next = slices.spend(1);
    stop.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
  });

  it("lets one of them run between two turns of the event loop, no matter how many there are", async () => {
    let ran = 0;
    const work = async () => {
      const slices = new WorkSlices(AbortSignal.any([]));
      for (let i = 0; i < 3; i++) {
        await slices.spend(500_000);
        ran++;
      }
    };
    const all = Promise.all(Array.from({ length: 20 }, work));
    while (ran < 60) {
      const before = ran;
      await setImmediate();
      expect(ran - before).toBeLessThanOrEqual(2);
    }
    await all;
  });
});
