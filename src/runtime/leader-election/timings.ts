import { formatDuration } from "../../common/duration.ts";

/** All in milliseconds. The names are those of Kubernetes' own leader election. */
export interface ElectionTimings {
  /** How long the other processes wait after the last renewal that they saw before one takes the lease. */
  readonly leaseDurationMs: number;
  /** How long a leader tries to renew the lease before it gives up. */
  readonly renewDeadlineMs: number;
  /** The time between two attempts. A standby waits up to 2.2 times as long. */
  readonly retryPeriodMs: number;
}

/**
 * The largest share of the retry period by which a standby waits longer, so that many do not call the server together.
 */
export const STANDBY_JITTER = 1.2;

/**
 * Returns undefined if the timings are consistent, else a sentence for the user: a leader must give up before another
 * begins.
 */
export function timingsProblem({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: ElectionTimings): string | undefined {
  const [lease, renew, retry] = [leaseDurationMs, renewDeadlineMs, retryPeriodMs].map(formatDuration);
  if (retryPeriodMs <= 0) return "the retry period must be longer than 0s";
  if (leaseDurationMs % 1_000 !== 0)
    return `the lease duration (${lease}) must be whole seconds, because a Lease cannot store fractions`;
  if (leaseDurationMs <= renewDeadlineMs)
    return `the lease duration (${lease}) must be longer than the renew deadline (${renew}), or two could lead at the same time`;
  if (renewDeadlineMs <= retryPeriodMs * STANDBY_JITTER)
    return `the renew deadline (${renew}) must be longer than ${STANDBY_JITTER} x the retry period (${retry})`;
  return undefined;
}
