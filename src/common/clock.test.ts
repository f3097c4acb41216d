import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { sleep, systemClock, toTimestamp } from "./clock.ts";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

it.each([
  [true, 0],
  [false, 1],
])("does not keep the program alive with a background timer: %j", (background, held) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const cancel = systemClock.after(3_600_000, () => undefined, { background });
  expect(timers() - before).toBe(held);
  cancel();
});

describe("systemClock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("calls back once, when the time has come", () => {
    const callback = vi.fn();
    systemClock.after(1_000, callback);
    vi.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("waits longer than a single timer can", () => {
    const callback = vi.fn();
    systemClock.after(2.5 * LONGEST_TIMER_MS, callback);
    vi.advanceTimersByTime(2 * LONGEST_TIMER_MS);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(0.5 * LONGEST_TIMER_MS + 1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("treats a time in the past as now", () => {
    const callback = vi.fn();
    systemClock.after(-5, callback);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("never calls back after it was cancelled, whichever of its timers runs", () => {
    const callback = vi.fn();
    const cancelShort = systemClock.after(1_000, callback);
    const cancelLong = systemClock.after(2 * LONGEST_TIMER_MS, callback);
    cancelShort();
    vi.advanceTimersByTime(1.5 * LONGEST_TIMER_MS);
    cancelLong();
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("returns the wall clock and a monotonic time", () => {
    vi.setSystemTime(new Date("2026-01-02T03:04:05Z"));
    expect(systemClock.now()).toBe(Date.parse("2026-01-02T03:04:05Z"));
    const before = systemClock.monotonic();
    vi.advanceTimersByTime(250);
    expect(systemClock.monotonic() - before).toBe(250);
  });
});

describe("sleep", () => {
  it("ends after its time, and leaves nothing behind", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    const slept = sleep(clock, 1_000, controller.signal);
    await clock.advance(1_000);
    await slept;
    expect(clock.pending).toBe(0);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it("ends immediately when the signal fires or has fired before", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const slept = sleep(clock, 1_000, controller.signal);
    controller.abort();
    await slept;
    await sleep(clock, 1_000, controller.signal);
    expect(clock.pending).toBe(0);
    expect(clock.monotonic()).toBe(0);
  });
});

describe("toTimestamp", () => {
  it("writes whole seconds in UTC, and never a time in the future", () => {
    expect(toTimestamp(Date.parse("2026-01-02T03:04:05.999Z"))).toBe("2026-01-02T03:04:05Z");
    expect(toTimestamp(0)).toBe("1970-01-01T00:00:00Z");
  });
});
