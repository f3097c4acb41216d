/** The longest wait that a server can impose; Docker Hub's window is six hours. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Returns when a Retry-After header (seconds or an HTTP date) allows the next try, in wall-clock milliseconds.
 * Undefined without a usable header.
 * @param now the wall clock
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  // The date is in the past if the server's clock is slow; it then means no wait.
  const at = /^\d{1,9}$/.test(text) ? now + Number(text) * 1_000 : Math.max(now, parseHttpDate(text));
  return Number.isNaN(at) ? undefined : Math.min(at, now + LONGEST_MS);
}

/** IMF-fixdate and its two old forms (RFC 9110, section 5.6.7); NaN for anything else. */
function parseHttpDate(text: string): number {
  return /^[A-Z][a-z]+,? .*\d{2}:\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}
