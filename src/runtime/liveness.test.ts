import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { clockCheck, leaseCheck } from "./liveness.ts";

describe("the liveness of", () => {
  it("the clock ends when it was set by minutes, either way, and not by seconds", async () => {
    const clock = new FakeClock();
    const { check } = clockCheck(clock);
    await clock.advance(3_600_000);
    expect(check()).toBeUndefined();
    clock.setWall(clock.now() + 240_000);
    expect(check()).toBeUndefined();
    clock.setWall(clock.now() + 120_000);
    expect(check()).toBe("the clock was off by 6m since the start");
    clock.setWall(clock.now() - 720_000);
    expect(check()).toBe("the clock was off by 6m since the start");
  });

  it("a leader ends when it renews no more, and a standby's never", () => {
    const elector: { renewalAgeMs: number | undefined } = { renewalAgeMs: 34_000 };
    const { check } = leaseCheck(elector, 15_000);
    expect(check()).toBeUndefined();
    elector.renewalAgeMs = 36_000;
    expect(check()).toBe("not renewed for 36s");
    elector.renewalAgeMs = undefined;
    expect(check()).toBeUndefined();
  });
});
