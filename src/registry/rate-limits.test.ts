import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { RateLimits } from "./rate-limits.ts";

const MINUTE = 60_000;

function setUp() {
  const clock = new FakeClock();
  // In the middle of the jitter: no jitter.
  return { clock, limits: new RateLimits(clock, () => 0.5) };
}

describe("RateLimits", () => {
  it("blocks one account of a registry until the time that it named", async () => {
    const { clock, limits } = setUp();
    const retryAt = clock.now() + 90_000;
    expect(limits.refuse("a", retryAt)).toBe(retryAt);
    expect([limits.blockedUntil("a"), limits.blockedUntil("b")]).toEqual([retryAt, undefined]);
    await clock.advance(90_000);
    expect(limits.blockedUntil("a")).toBeUndefined();
  });

  it("doubles the wait from a minute up to an hour where the registry names no time", async () => {
    const { clock, limits } = setUp();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const wait = limits.refuse("a", undefined) - clock.now();
      waits.push(wait / MINUTE);
      await clock.advance(wait);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it("starts from the shortest wait again after an answer", async () => {
    const { clock, limits } = setUp();
    limits.refuse("a", undefined);
    await clock.advance(MINUTE);
    limits.refuse("a", undefined);
    await clock.advance(2 * MINUTE);
    limits.accept("a");
    expect(limits.refuse("a", undefined) - clock.now()).toBe(MINUTE);
  });

  it("counts refusals of requests that were under way together once, and keeps the longest wait", () => {
    const { clock, limits } = setUp();
    const first = limits.refuse("a", undefined);
    expect(limits.refuse("a", undefined)).toBe(first);
    expect(limits.refuse("a", clock.now() + 5 * MINUTE)).toBe(clock.now() + 5 * MINUTE);
    expect(limits.refuse("a", clock.now() + MINUTE)).toBe(clock.now() + 5 * MINUTE);
  });

  it("is not lifted by an answer that was under way before it", () => {
    const { limits } = setUp();
    const until = limits.refuse("a", undefined);
    limits.accept("a");
    expect(limits.blockedUntil("a")).toBe(until);
  });

  it("does not end early when the wall clock jumps", async () => {
    const { clock, limits } = setUp();
    limits.refuse("a", undefined);
    clock.setWall(clock.now() + 10 * MINUTE);
    expect(limits.blockedUntil("a")).toBeDefined();
  });
});
