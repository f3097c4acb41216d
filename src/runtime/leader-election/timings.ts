import { formatDuration } from "../../common/duration.ts";

/** All in milliseconds. The names are those of Kubernetes' own leader election. */
export interface ElectionTimings {
  /** For so long after the last renewal that it has seen, nobody else takes the lease. */
  readonly leaseDurationMs: number;
  /** A leader that could not renew for so long gives up. */
  readonly renewDeadlineMs: number;
  /** Between two tries; a standby waits up to 2.2 times as long. */
  readonly retryPeriodMs: number;
}

/** A standby's waits are longer than the retry period by up to this much of it, so that many do not ask together. */
export const STANDBY_JITTER = 1.2;

/** Undefined when they fit together, else a sentence for the user: a leader must have given up before another begins. */
export function timingsProblem({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: ElectionTimings): string | undefined {
  const [lease, renew, retry] = [leaseDurationMs, renewDeadlineMs, retryPeriodMs].map(formatDuration);
  if (retryPeriodMs <= 0) return "the retry period must be longer than 0s";
  if (leaseDurationMs % 1_000 !== 0)
    return `the lease duration (${lease}) must be whole seconds: a Lease holds no less`;
  if (leaseDurationMs <= renewDeadlineMs)
    return `the lease duration (${lease}) must be longer than the renew deadline (${renew}), or two would lead at once`;
  if (renewDeadlineMs <= retryPeriodMs * STANDBY_JITTER)
    return `the renew deadline (${renew}) must be longer than ${STANDBY_JITTER} x the retry period (${retry})`;
  return undefined;
}
