const MOST_MS = 21 * 24 * 3_600_000;

interface Validity {
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/**
 * A certificate counts as expiring this many milliseconds before it expires, which is later than any healthy renewal.
 */
export function expiryWindow({ notBefore, notAfter }: Validity): number {
  return Math.min(MOST_MS, (Date.parse(notAfter) - Date.parse(notBefore)) / 4);
}

/**
 * Whether a certificate counts as expiring, or has expired.
 * @param now wall-clock milliseconds
 */
export function isExpiring(certificate: Validity, now: number): boolean {
  return Date.parse(certificate.notAfter) - now < expiryWindow(certificate);
}
