const DAY_MS = 24 * 3_600_000;

/**
 * Describes how many full days are left until a time, or how many have passed since.
 * @param until RFC 3339
 * @param now wall-clock milliseconds
 */
export function daysLeft(until: string, now: number): string {
  const ms = Date.parse(until) - now;
  const word = ms < 0 ? "ago" : "left";
  const days = Math.floor(Math.abs(ms) / DAY_MS);
  if (days === 0) return `less than a day ${word}`;
  return days === 1 ? `1 day ${word}` : `${days} days ${word}`;
}
