const DAY_MS = 24 * 3_600_000;

/**
 * Describes how many full days are left until a time.
 * @param until RFC 3339
 * @param now wall-clock milliseconds
 */
export function daysLeft(until: string, now: number): string {
  const ms = Date.parse(until) - now;
  if (ms < 0) return "it is past";
  const days = Math.floor(ms / DAY_MS);
  if (days === 0) return "less than a day left";
  return days === 1 ? "1 day left" : `${days} days left`;
}
