import { describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { DeadlineExceeded, startDeadline } from "./deadline.ts";

describe("startDeadline", () => {
  it("fires after its time, saying what took too long", async () => {
    const clock = new FakeClock();
    using deadline = startDeadline(new AbortController().signal, "the check", 5_000, clock);
    await clock.advance(4_999);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded);
    expect(deadline.signal.reason).toMatchObject({
      name: "DeadlineExceeded",
      what: "the check",
      ms: 5_000,
      message: "the check took longer than 5000 ms",
    });
  });

  it("fires with its parent, for the parent's reason", () => {
    const parent = new AbortController();
    using deadline = startDeadline(parent.signal, "the check", 5_000, new FakeClock());
    parent.abort("stopped");
    expect(deadline.signal.reason).toBe("stopped");
  });

  it("has fired when its parent has", () => {
    using deadline = startDeadline(AbortSignal.abort("stopped"), "the check", 5_000, new FakeClock());
    expect(deadline.signal.reason).toBe("stopped");
  });

  it("keeps its first reason", async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    using deadline = startDeadline(parent.signal, "the check", 5_000, clock);
    await clock.advance(5_000);
    parent.abort("stopped");
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded);
  });

  it("leaves no timer and no listener behind, and never fires after its scope", async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    const add = vi.spyOn(parent.signal, "addEventListener");
    const remove = vi.spyOn(parent.signal, "removeEventListener");
    let signal: AbortSignal;
    {
      using deadline = startDeadline(parent.signal, "the check", 5_000, clock);
      signal = deadline.signal;
    }
    expect(clock.pending).toBe(0);
    expect(remove.mock.calls[0]?.[1]).toBe(add.mock.calls[0]?.[1]);
    await clock.advance(10_000);
    parent.abort();
    expect(signal.aborted).toBe(false);
  });
});
