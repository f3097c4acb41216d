import type { Clock } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import type { Controller } from "./controller.ts";
import type { KubeObject } from "./kube-object.ts";
import type { LeaderElector } from "./leader-election/leader-elector.ts";
import type { ProbeCheck } from "./probes.ts";
import type { Reflector } from "./reflector.ts";
import { isRefusal, type ReflectorTrouble } from "./reflector-trouble.ts";

/** How far the wall clock and the elapsed time may differ. Leap seconds and NTP cause far smaller differences. */
const LARGEST_SKEW_MS = 5 * 60_000;
/**
 * An API server that starts refuses everybody for a moment. With a watch's 30 s of silence this is less than a minute.
 */
const LOCKED_OUT_AFTER_MS = 20_000;
/** A leader that gives up exits immediately. One that still runs this long after its lease expired hangs. */
const LEASE_GRACE_MS = 20_000;

/**
 * Fails if the wall clock and the elapsed time since the start differ, because the clock was set or the machine slept.
 * Everything that was scheduled before would run at the wrong time, so the process must restart.
 */
export function clockCheck(clock: Clock): ProbeCheck {
  const startedAt = clock.now() - clock.monotonic();
  return {
    name: "clock",
    check: () => {
      const skew = Math.abs(clock.now() - clock.monotonic() - startedAt);
      return skew > LARGEST_SKEW_MS ? `the clock has shifted by ${formatDuration(skew)} since the start` : undefined;
    },
  };
}

/** Fails if a leader has not renewed its lease for longer than the lease lasts: another process leads by then. */
export function leaseCheck(elector: Pick<LeaderElector, "renewalAgeMs">, leaseDurationMs: number): ProbeCheck {
  return {
    name: "leader-election",
    check: () => {
      const age = elector.renewalAgeMs ?? 0;
      return age > leaseDurationMs + LEASE_GRACE_MS ? `not renewed for ${formatDuration(age)}` : undefined;
    },
  };
}

/** Fails when a run continues although its deadline has passed: only a restart frees what it holds. */
export function runsCheck(controllers: readonly Pick<Controller, "overdue">[]): ProbeCheck {
  return {
    name: "runs",
    check: () => {
      const run = controllers.map(({ overdue }) => overdue).find((overdue) => overdue !== undefined);
      if (run === undefined) return undefined;
      const { controller, key, ms, deadlineMs } = run;
      return `the ${controller} run of ${key} has not ended after ${formatDuration(ms)}; its deadline is ${formatDuration(deadlineMs)}`;
    },
  };
}

/** Whether the API server has refused us for longer than it does while it starts. */
export function isLockedOut(trouble: ReflectorTrouble | undefined): boolean {
  return trouble !== undefined && isRefusal(trouble.failure) && trouble.forMs >= LOCKED_OUT_AFTER_MS;
}

/**
 * Fails when the API server refuses all these collections: the credentials are no longer valid, or all rights were
 * withdrawn. A restart reads the credentials again and lets another process lead.
 */
export function lockoutCheck(reflectors: readonly Pick<Reflector<KubeObject>, "trouble">[]): ProbeCheck {
  return {
    name: "api-access",
    check: () => {
      const troubles = reflectors.map(({ trouble }) => trouble);
      if (troubles.length === 0 || !troubles.every(isLockedOut)) return undefined;
      return `the API server refuses this controller: ${troubles[0]?.failure.message}`;
    },
  };
}
