import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { atOnce, inSlices, mapSliced, type Sliced } from "./in-slices.ts";

function* count(to: number, seen: number[]): Sliced<string> {
  for (let n = 0; n < to; n++) {
    seen.push(n);
    yield;
  }
  return "done";
}

it("works without a break, or in slices between which other work can run", async () => {
  const seen: number[] = [];
  expect(atOnce(count(3, seen))).toBe("done");
  expect(seen).toEqual([0, 1, 2]);
  const sliced: number[] = [];
  const work = inSlices(count(100, sliced));
  await setImmediate();
  expect(sliced.length).toBeLessThan(10);
  expect(await work).toBe("done");
  expect(sliced).toHaveLength(100);
});

it.each([
  [0, 0],
  [2, 0],
  [3, 1],
  [4, 1],
  [5, 2],
])("maps %i entries, two at a time, with %i breaks", (length, breaks) => {
  const list = [...Array(length).keys()];
  const work = mapSliced(list, 2, (entry) => entry * 10);
  let count = 0;
  while (work.next().done !== true) count++;
  expect(count).toBe(breaks);
  expect(atOnce(mapSliced(list, 2, (entry) => entry * 10))).toEqual(list.map((entry) => entry * 10));
});
