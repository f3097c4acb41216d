/** A number in [0, 1), as Math.random gives it. Passed in, so that jitter can be tested. */
export type Random = () => number;

/** `ms` moved by up to ± `fraction` of itself. */
export function jitter(ms: number, fraction: number, random: Random): number {
  return ms * (1 + fraction * (2 * random() - 1));
}
