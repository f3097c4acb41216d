import { randomInt } from "node:crypto";
import type { Random } from "../../src/common/random.ts";

/** The seed of this run: CHAOS_SEED repeats an earlier one. */
export function chosenSeed(): number {
  return Number(process.env.CHAOS_SEED ?? randomInt(1_000_000));
}

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All of them, in an order by chance, again and again. */
export function* shuffledForever<T>(items: readonly T[], random: Random): Generator<T, never> {
  for (;;) {
    const rest = [...items];
    while (rest.length > 0) {
      const [item] = rest.splice(Math.floor(random() * rest.length), 1);
      if (item !== undefined) yield item;
    }
  }
}
