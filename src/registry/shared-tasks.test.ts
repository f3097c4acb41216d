import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { SharedTasks } from "./shared-tasks.ts";

const ALWAYS = { now: 0, notBefore: 0 };

function setUp() {
  const tasks = new SharedTasks<string>();
  const runs: { signal: AbortSignal; end: (value: string) => void; fail: (error: Error) => void }[] = [];
  const run = (signal: AbortSignal) =>
    new Promise<string>((end, fail) => {
      runs.push({ signal, end, fail });
    });
  return { tasks, runs, run };
}

describe("SharedTasks", () => {
  it("runs once for all who want the same at the same time, and again afterwards", async () => {
    const { tasks, runs, run } = setUp();
    const { signal } = new AbortController();
    const both = [tasks.join("a", ALWAYS, signal, run), tasks.join("a", ALWAYS, signal, run)];
    runs[0]?.end("done");
    expect(await Promise.all(both)).toEqual(["done", "done"]);
    expect([runs.length, tasks.size]).toEqual([1, 0]);
    const again = tasks.join("a", ALWAYS, signal, run);
    runs[1]?.end("again");
    expect(await again).toBe("again");
  });

  it("keeps keys apart", () => {
    const { tasks, runs, run } = setUp();
    const { signal } = new AbortController();
    void tasks.join("a", ALWAYS, signal, run);
    void tasks.join("b", ALWAYS, signal, run);
    expect(runs.length).toBe(2);
  });

  it("continues for the others when one caller aborts, and ends when the last one does", async () => {
    const { tasks, runs, run } = setUp();
    const [first, second] = [new AbortController(), new AbortController()];
    const one = tasks.join("a", ALWAYS, first.signal, run);
    const two = tasks.join("a", ALWAYS, second.signal, run);
    first.abort(new Error("first left"));
    await expect(one).rejects.toThrow("first left");
    expect(runs[0]?.signal.aborted).toBe(false);
    second.abort(new Error("second left"));
    await expect(two).rejects.toThrow("second left");
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it("starts again for a caller that comes after the last one left, although the old work has not ended yet", async () => {
    const { tasks, runs, run } = setUp();
    const gone = new AbortController();
    const left = tasks.join("a", ALWAYS, gone.signal, run);
    gone.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    const next = tasks.join("a", ALWAYS, new AbortController().signal, run);
    runs[0]?.fail(new Error("aborted"));
    await settle();
    expect([runs.length, tasks.size]).toEqual([2, 1]);
    runs[1]?.end("fresh");
    expect(await next).toBe("fresh");
  });

  it("does not join work that was started too early", async () => {
    const { tasks, runs, run } = setUp();
    const { signal } = new AbortController();
    const early = tasks.join("a", { now: 10, notBefore: 0 }, signal, run);
    const late = tasks.join("a", { now: 20, notBefore: 15 }, signal, run);
    const joined = tasks.join("a", { now: 30, notBefore: 15 }, signal, run);
    runs[0]?.end("old");
    runs[1]?.end("new");
    expect(await Promise.all([early, late, joined])).toEqual(["old", "new", "new"]);
    expect(runs.length).toBe(2);
  });

  it("rejects immediately for a signal that has fired already", async () => {
    const { tasks, runs, run } = setUp();
    await expect(tasks.join("a", ALWAYS, AbortSignal.abort(new Error("gone")), run)).rejects.toThrow("gone");
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  it("passes failures of the work on to everyone", async () => {
    const { tasks, runs, run } = setUp();
    const { signal } = new AbortController();
    const both = [tasks.join("a", ALWAYS, signal, run), tasks.join("a", ALWAYS, signal, run)];
    runs[0]?.fail(new Error("broken"));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
