import { createHash } from "node:crypto";
import { findCondition } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import { parseDuration } from "../../common/duration.ts";
import { isRequested } from "../requests.ts";

const DEFAULT_INTERVAL_MS = 24 * 3_600_000;
const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;
/** So that a fleet which was applied at once is not checked at once ever after. */
const INTERVAL_JITTER = 0.05;

export function checkInterval(spec: DockerHostSpec): number {
  return parseDuration(spec.updateCheck?.interval ?? "") ?? DEFAULT_INTERVAL_MS;
}

export function checkTimeout(spec: DockerHostSpec): number {
  return parseDuration(spec.updateCheck?.timeout ?? "") ?? DEFAULT_TIMEOUT_MS;
}

/**
 * When the next check of a host is due, in wall-clock milliseconds: at once for a generation that was not checked yet,
 * for a request, and where the last check failed and what it depends on has changed; else when the status says.
 */
export function nextCheck(
  host: DockerHostObject,
  options: { now: number; changed: boolean; intervalMs: number },
): number {
  const { now, intervalMs } = options;
  const succeeded = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
  const judged = succeeded !== undefined && succeeded.reason !== "NotAttempted" && succeeded.reason !== "Suspended";
  if (!judged || succeeded.observedGeneration !== host.metadata.generation) return now;
  if (isRequested(host, host.status?.updates)) return now;
  if (options.changed && succeeded.status !== "True") return now;
  const planned = Date.parse(host.status?.updates?.nextCheckTime ?? "");
  // No check plans the next one later than this: the clock was ahead then.
  const isBeyond = planned > now + intervalMs * (1 + INTERVAL_JITTER);
  return Number.isNaN(planned) || isBeyond ? now : planned;
}

/** The interval, moved by up to a twentieth: always by the same part for the same host. */
export function afterSuccess(host: DockerHostObject, intervalMs: number): number {
  const hash = createHash("sha256")
    .update(host.metadata.uid ?? host.metadata.name)
    .digest()
    .readUInt32BE(0);
  return intervalMs * (1 + INTERVAL_JITTER * ((2 * hash) / 2 ** 32 - 1));
}

/** From one minute up to one hour, but never later than the next ordinary check. `failures` counts from 1. */
export function afterFailure(failures: number, intervalMs: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LAST_RETRY_MS, intervalMs);
}
