import type { ConditionType } from "../api/condition-types.ts";
import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { Clock } from "../common/clock.ts";

/** One attempt on the wire, and what came of it. */
export interface AttemptEnd {
  /** As the condition has it, in a word of the table of reasons. */
  readonly reason: string;
  readonly succeeded: boolean;
  readonly ms: number;
  /** When it ended, in wall-clock milliseconds. */
  readonly at: number;
}

/** Told of each attempt, synchronously: it must neither throw nor wait. */
export interface HostObserver {
  connectionEnded(host: DockerHostObject, end: AttemptEnd): void;
  updateCheckEnded(host: DockerHostObject, end: AttemptEnd): void;
}

/**
 * An attempt by the condition that tells of it.
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
