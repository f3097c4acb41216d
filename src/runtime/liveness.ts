import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import type { LeaderElector } from "./leader-election/leader-elector.ts";
import type { ProbeCheck } from "./probes.ts";

/** Wall clock and time that passed may differ by so much: leap seconds and NTP take far less. */
const LARGEST_SKEW_MS = 5 * 60_000;
/** A leader that has given up ends its process at once; one that still runs so long after its lease hangs. */
const LEASE_GRACE_MS = 20_000;

/**
 * Fails once the wall clock has moved otherwise than time has passed since the start: it was set, or the machine slept.
 * What was planned before then comes at the wrong time, and only a restart plans it anew.
 */
export function clockCheck(clock: Clock): ProbeCheck {
  const startedAt = clock.now() - clock.monotonic();
  return {
    name: "clock",
    check: () => {
      const skew = Math.abs(clock.now() - clock.monotonic() - startedAt);
      return skew > LARGEST_SKEW_MS ? `the clock was off by ${formatDuration(skew)} since the start` : undefined;
    },
  };
}

/** Fails when a leader has not renewed its lease for longer than the lease lasts: somebody else leads by then. */
export function leaseCheck(elector: Pick<LeaderElector, "renewalAgeMs">, leaseDurationMs: number): ProbeCheck {
  return {
    name: "leader-election",
    check: () => {
      const age = elector.renewalAgeMs ?? 0;
      return age > leaseDurationMs + LEASE_GRACE_MS ? `not renewed for ${formatDuration(age)}` : undefined;
    },
  };
}
