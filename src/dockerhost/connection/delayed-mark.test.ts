import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { DelayedMark } from "./delayed-mark.ts";

function start(write: () => Promise<void> = async () => {}) {
  const clock = new FakeClock();
  let writes = 0;
  const mark = new DelayedMark(clock, 1_000, () => {
    writes++;
    return write();
  });
  return { clock, mark, writes: () => writes };
}

describe("DelayedMark", () => {
  it("writes nothing if it ends in time, and then never", async () => {
    const { clock, mark, writes } = start();
    await clock.advance(999);
    expect(await mark.end()).toBe(false);
    await clock.advance(60_000);
    expect(writes()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("writes once after the delay", async () => {
    const { clock, mark, writes } = start();
    await clock.advance(60_000);
    expect(await mark.end()).toBe(true);
    expect(writes()).toBe(1);
  });

  it("waits for a write that has begun, also when it is only disposed of", async () => {
    const written = Promise.withResolvers<void>();
    const { clock, mark } = start(() => written.promise);
    await clock.advance(1_000);
    const done: string[] = [];
    const waits = [
      mark.end().then(() => done.push("end")),
      mark[Symbol.asyncDispose]().then(() => done.push("disposed")),
    ];
    await clock.advance(0);
    expect(done).toEqual([]);
    written.resolve();
    await Promise.all(waits);
    expect(done.toSorted()).toEqual(["disposed", "end"]);
  });

  it("throws why a write failed, and leaves no rejection unhandled", async () => {
    const { clock, mark } = start(async () => {
      throw new Error("the API server does not answer");
    });
    await clock.advance(1_000);
    await expect(mark.end()).rejects.toThrow("the API server does not answer");
    await mark[Symbol.asyncDispose]();
  });
});
