const MOST_MS = 21 * 24 * 3_600_000;

/**
 * A certificate counts as expiring this many milliseconds before it expires, which is later than any healthy renewal.
 */
export function expiryWindow({
  notBefore,
  notAfter,
}: {
  readonly notBefore: string;
  readonly notAfter: string;
}): number {
  return Math.min(MOST_MS, (Date.parse(notAfter) - Date.parse(notBefore)) / 4);
}
