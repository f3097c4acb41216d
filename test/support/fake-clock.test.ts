import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "./fake-clock.ts";

describe("FakeClock", () => {
  it("fires what falls due, in the order of time and then of asking", async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.after(20, () => fired.push("late"));
    clock.after(10, () => fired.push("first"));
    clock.after(10, () => fired.push("second"));
    clock.after(21, () => fired.push("not yet"));
    await clock.advance(20);
    expect(fired).toEqual(["first", "second", "late"]);
    expect(clock.pending).toBe(1);
  });

  it("shows each callback its own time, and fires what it asks for within the same span", async () => {
    const clock = new FakeClock(1_000);
    const times: number[] = [];
    const again = () => {
      times.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    await clock.advance(35);
    expect(times).toEqual([1_010, 1_020, 1_030]);
    expect(clock.monotonic()).toBe(35);
  });

  it("lets what awaits between two timers run before the second", async () => {
    const clock = new FakeClock();
    const events: string[] = [];
    const work = async () => {
      await Promise.resolve();
      events.push("after the first");
    };
    clock.after(10, () => void work());
    clock.after(20, () => events.push("the second"));
    await clock.advance(20);
    expect(events).toEqual(["after the first", "the second"]);
  });

  it("does not fire what was cancelled", async () => {
    const clock = new FakeClock();
    let fired = false;
    const cancel = clock.after(10, () => {
      fired = true;
    });
    cancel();
    await clock.advance(10);
    expect([fired, clock.pending]).toEqual([false, 0]);
  });

  it("moves only the wall clock", async () => {
    const clock = new FakeClock(0);
    await clock.advance(5_000);
    clock.setWall(1_000_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000_000, 5_000]);
    await clock.advance(1);
    expect(clock.now()).toBe(1_000_001);
  });
});

describe("settle", () => {
  it("lets promises and immediates run that are due", async () => {
    const events: string[] = [];
    setImmediate(() => events.push("immediate"));
    void Promise.resolve().then(() => events.push("promise"));
    await settle();
    expect(events).toEqual(["promise", "immediate"]);
  });
});
