import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { TurnCounter } from "../../test/support/turn-counter.ts";
import { TurnPace } from "./turn-pace.ts";

const LONG_MS = 21;

let nowMs: number;
let pace: TurnPace;
let turns: TurnCounter;

beforeEach(() => {
  nowMs = 0;
  pace = new TurnPace({ monotonic: () => nowMs });
  turns = new TurnCounter();
});

/** Waits until that many runs have begun, each of which has something to do in the turn that follows. */
async function begin(runs: number, busyMs: number): Promise<void> {
  const run = async () => {
    await pace.next();
    turns.count();
    setImmediate(() => {
      nowMs += busyMs;
    });
  };
  await Promise.all(Array.from({ length: runs }, run));
  // The last turn is measured as well.
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

describe("TurnPace", () => {
  it("lets many runs begin in one turn while turns are short, but not thousands", async () => {
    await begin(100, 0);
    expect(turns).toMatchObject({ total: 100, most: 25 });
  });

  it("lets one run begin in each turn while turns are long", async () => {
    await begin(1, LONG_MS);
    await begin(10, LONG_MS);
    expect(turns).toMatchObject({ total: 11, most: 1 });
  });

  it("lets more and more runs begin once turns are short again", async () => {
    await begin(1, LONG_MS);
    await begin(10, 0);
    expect(turns.most).toBe(4);
    await begin(100, 0);
    expect(turns).toMatchObject({ total: 111, most: 25 });
  });
});
