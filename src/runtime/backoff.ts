import type { Random } from "../common/random.ts";

export interface BackoffRange {
  readonly minMs: number;
  /** Never exceeded, jitter included. */
  readonly maxMs: number;
}

/** The wait before the next try after `failures` failures in a row (1 or more): doubling, and shortened by up to a quarter. */
export function backoffDelay(failures: number, range: BackoffRange, random: Random): number {
  const delay = Math.min(range.maxMs, range.minMs * 2 ** (failures - 1));
  return delay * (1 - random() / 4);
}
