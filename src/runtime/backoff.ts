import type { Random } from "../common/random.ts";

export interface BackoffRange {
  readonly minMs: number;
  /** Never exceeded, even with jitter. */
  readonly maxMs: number;
}

/**
 * Returns the delay after `failures` failures in a row (1 or more). It doubles each time and is shortened by up to a
 * quarter.
 */
export function backoffDelay(failures: number, range: BackoffRange, random: Random): number {
  const delay = Math.min(range.maxMs, range.minMs * 2 ** (failures - 1));
  return delay * (1 - random() / 4);
}
