import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { ConcurrencyBudget } from "./concurrency-budget.ts";

function setUp(limit: number) {
  const budget = new ConcurrencyBudget(limit);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (key: string, name: string, signal = new AbortController().signal) =>
    budget.run(key, signal, () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  return { run, started, end: (name: string) => ends.get(name)?.() };
}

describe("ConcurrencyBudget", () => {
  it("runs this many at the same time for each key, and the others in order", async () => {
    const { run, started, end } = setUp(2);
    const all = ["a", "b", "c", "d"].map((name) => run("x", name));
    const other = run("y", "e");
    await settle();
    expect(started).toEqual(["a", "b", "e"]);
    end("b");
    await settle();
    expect(started).toEqual(["a", "b", "e", "c"]);
    for (const name of ["a", "c", "e"]) end(name);
    await settle();
    end("d");
    expect(await Promise.all([...all, other])).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("leaves out who gave up waiting", async () => {
    const { run, started, end } = setUp(1);
    const first = run("x", "a");
    const controller = new AbortController();
    const second = run("x", "b", controller.signal);
    const third = run("x", "c");
    controller.abort(new Error("gave up"));
    await expect(second).rejects.toThrow("gave up");
    end("a");
    await first;
    await settle();
    expect(started).toEqual(["a", "c"]);
    end("c");
    expect(await third).toBe("c");
  });

  it("gives the place back when a task fails", async () => {
    const budget = new ConcurrencyBudget(1);
    const { signal } = new AbortController();
    await expect(budget.run("x", signal, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await budget.run("x", signal, () => Promise.resolve("next"))).toBe("next");
  });

  it("takes no place for a signal that has fired already", async () => {
    const budget = new ConcurrencyBudget(1);
    const task = () => Promise.resolve("ran");
    await expect(budget.run("x", AbortSignal.abort(new Error("gone")), task)).rejects.toThrow("gone");
    expect(await budget.run("x", new AbortController().signal, task)).toBe("ran");
  });

  it("keeps a place for others, and gives turns to each owner", async () => {
    const budget = new ConcurrencyBudget(2, 1);
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const { signal } = new AbortController();
    const run = (owner: string, name: string) => {
      const task = () => {
        started.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      };
      return budget.run("x", signal, task, owner);
    };
    const all = [run("a", "a1"), run("a", "a2"), run("a", "a3"), run("a", "a4"), run("b", "b1"), run("b", "b2")];
    await settle();
    expect(started).toEqual(["a1", "a2", "b1"]);
    for (let round = 0; round < 6; round++) {
      ends.shift()?.();
      await settle();
    }
    await Promise.all(all);
    expect(started).toEqual(["a1", "a2", "b1", "a3", "b2", "a4"]);
  });
});
