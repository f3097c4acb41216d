import type { ConditionType } from "../api/condition-types.ts";
import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { Clock } from "../common/clock.ts";

/** One attempt over the network, and its result. */
export interface AttemptEnd {
  /** The condition's reason, which is in the table of reasons. */
  readonly reason: string;
  readonly succeeded: boolean;
  readonly ms: number;
  /** When it ended, in wall-clock milliseconds. */
  readonly at: number;
}

/** Called synchronously for each attempt; it must neither throw nor wait. */
export interface HostObserver {
  connectionEnded(host: DockerHostObject, end: AttemptEnd): void;
  updateCheckEnded(host: DockerHostObject, end: AttemptEnd): void;
}

/**
 * The attempt that a condition describes.
 * @param began on the monotonic clock
 */
export function attemptEnd(status: DockerHostStatus, type: ConditionType, began: number, clock: Clock): AttemptEnd {
  const condition = findCondition(status.conditions, type);
  return {
    reason: condition?.reason ?? "",
    succeeded: condition?.status === "True",
    ms: clock.monotonic() - began,
    at: clock.now(),
  };
}
