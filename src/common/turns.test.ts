import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

const everybody = () => true;

describe("Turns", () => {
  it("go from owner to owner, and keep the order of each", () => {
    const turns = new Turns<string>();
    for (const item of ["a1", "a2", "a3", "b1", "c1", "b2"]) turns.add(item.slice(0, 1), item);
    const taken = [];
    for (let next = turns.shift(everybody); next !== undefined; next = turns.shift(everybody)) taken.push(next.item);
    expect(taken).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
    expect(turns.isEmpty).toBe(true);
  });

  it("skip an owner that may not have a turn, which keeps its place", () => {
    const turns = new Turns<string>();
    for (const item of ["a1", "b1", "b2"]) turns.add(item.slice(0, 1), item);
    expect(turns.shift((owner) => owner !== "a")).toEqual({ owner: "b", item: "b1" });
    expect(turns.shift(() => false)).toBeUndefined();
    expect(turns.shift(everybody)).toEqual({ owner: "a", item: "a1" });
  });

  it("forget what is removed", () => {
    const turns = new Turns<string>();
    turns.add("a", "a1");
    turns.add("a", "a2");
    expect([turns.remove("a", "a1"), turns.remove("a", "a1"), turns.remove("b", "b1")]).toEqual([true, false, false]);
    expect(turns.shift(everybody)?.item).toBe("a2");
    turns.add("a", "a3");
    turns.clear();
    expect(turns.shift(everybody)).toBeUndefined();
  });
});
