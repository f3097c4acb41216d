/** Returns a number in [0, 1), like Math.random. It is passed in, so that jitter can be tested. */
export type Random = () => number;

/** Varies `ms` randomly by up to ± `fraction` of itself. */
export function jitter(ms: number, fraction: number, random: Random): number {
  return ms * (1 + fraction * (2 * random() - 1));
}
