import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { clockCheck, leaseCheck, runsCheck } from "./liveness.ts";

describe("the liveness of", () => {
  it("the clock ends when it was set by minutes, either way, and not by seconds", async () => {
    const clock = new FakeClock();
    const { check } = clockCheck(clock);
    await clock.advance(3_600_000);
    expect(check()).toBeUndefined();
    clock.setWall(clock.now() + 240_000);
    expect(check()).toBeUndefined();
    clock.setWall(clock.now() + 120_000);
    expect(check()).toBe("the clock has shifted by 6m since the start");
    clock.setWall(clock.now() - 720_000);
    expect(check()).toBe("the clock has shifted by 6m since the start");
  });

  it("a leader ends when it no longer renews, and that of a standby never does", () => {
    const elector: { renewalAgeMs: number | undefined } = { renewalAgeMs: 34_000 };
    const { check } = leaseCheck(elector, 15_000);
    expect(check()).toBeUndefined();
    elector.renewalAgeMs = 36_000;
    expect(check()).toBe("not renewed for 36s");
    elector.renewalAgeMs = undefined;
    expect(check()).toBeUndefined();
  });

  it("a controller ends when a run continues past its deadline", () => {
    const overdue = { controller: "updates", key: "fleet/edge-7", ms: 3_720_000, deadlineMs: 3_660_000 };
    const slow: { overdue: typeof overdue | undefined } = { overdue: undefined };
    const { check } = runsCheck([{ overdue: undefined }, slow]);
    expect(check()).toBeUndefined();
    slow.overdue = overdue;
    expect(check()).toBe("the updates run of fleet/edge-7 has not ended after 1h2m; its deadline is 1h1m");
  });
});
