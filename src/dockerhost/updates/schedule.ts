import { createHash } from "node:crypto";
import { findCondition } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Outcome } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { parseDuration } from "../../common/duration.ts";
import { success } from "../../common/result.ts";
import { parseSchedule } from "../../updates/cron.ts";
import { isRequested } from "../requested-runs.ts";

const DEFAULT_CHECK_INTERVAL_MS = 24 * 3_600_000;
const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;
/** Spreads the checks of a fleet whose hosts were applied at the same time. */
const INTERVAL_JITTER = 0.05;
/**
 * As a fraction of the interval. It is less than the shortest interval with jitter, so that no host takes its own last
 * answer for a new one.
 */
const LONGEST_AGE = 1 - 2 * INTERVAL_JITTER;

/** When a host is regularly checked. Everything is in milliseconds, and times are on the wall clock. */
export interface CheckSchedule {
  /** When the check after one at this time is due. */
  next(after: number): number;
  /** How old a known answer of a registry may be at this time. */
  maxAgeMs(now: number): number;
}

/** Fails with InvalidSchedule. */
export function checkSchedule(spec: DockerHostSpec, host: DockerHostObject): Outcome<CheckSchedule> {
  const { schedule, timeZone, interval = "" } = spec.updateCheck ?? {};
  if (schedule === undefined) return success(byInterval(host, parseDuration(interval) ?? DEFAULT_CHECK_INTERVAL_MS));
  const cron = parseSchedule(schedule, timeZone);
  if (!cron.ok) return cron;
  return success({
    next: cron.value.next,
    // Answers to requests since the schedule was last due count, so one answer serves all hosts with the same schedule.
    maxAgeMs: (now) => Math.max(0, now - (cron.value.previous(now) ?? now)),
  });
}

/** Moves a time by up to a twentieth; always by the same fraction for the same host. */
export function byInterval(host: DockerHostObject, intervalMs = DEFAULT_CHECK_INTERVAL_MS): CheckSchedule {
  const hash = createHash("sha256")
    .update(host.metadata.uid ?? host.metadata.name)
    .digest()
    .readUInt32BE(0);
  const wait = intervalMs * (1 + INTERVAL_JITTER * ((2 * hash) / 2 ** 32 - 1));
  return { next: (after) => after + wait, maxAgeMs: () => intervalMs * LONGEST_AGE };
}

export function checkTimeout(spec: DockerHostSpec): number {
  return parseDuration(spec.updateCheck?.timeout ?? "") ?? DEFAULT_TIMEOUT_MS;
}

export function minimumAge(spec: DockerHostSpec): number {
  return parseDuration(spec.updateCheck?.minimumAge ?? "") ?? 0;
}

/**
 * When the next check of a host is due, in wall-clock milliseconds: immediately for a generation that was not checked
 * yet, for a request, and if something on which a failed check depends has changed; otherwise at the time in the
 * status. A missed check is made up once in this way.
 */
export function nextCheck(
  host: DockerHostObject,
  options: { now: number; changed: boolean; schedule: CheckSchedule },
): number {
  const { now, schedule } = options;
  const succeeded = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
  const isChecked = succeeded !== undefined && succeeded.reason !== "NotAttempted" && succeeded.reason !== "Suspended";
  if (!isChecked || succeeded.observedGeneration !== host.metadata.generation) return now;
  if (isRequested(host, host.status?.updates)) return now;
  if (options.changed && succeeded.status !== "True") return now;
  const planned = Date.parse(host.status?.updates?.nextCheckTime ?? "");
  // A check never plans the next one later than this, so the clock was ahead at that time.
  const isBeyond = planned > schedule.next(now);
  return Number.isNaN(planned) || isBeyond ? now : planned;
}

/**
 * From one minute up to one hour, but never later than the next regular check.
 * @param failures counts from 1
 */
export function afterFailure(failures: number, now: number, schedule: CheckSchedule): number {
  const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LAST_RETRY_MS);
  return Math.min(now + wait, schedule.next(now));
}
