import type { ConditionType } from "../../api/condition-types.ts";
import { findCondition } from "../../api/conditions.ts";
import type { DockerHostObject } from "../../api/docker-host.ts";

/**
 * What a user can wait for: each goal names conditions and the status that they must have for the newest generation.
 */
const GOALS = {
  ready: { Ready: "True" },
  checked: { Ready: "True", UpdateCheckSucceeded: "True" },
  "up-to-date": { Ready: "True", UpdatesAvailable: "False" },
} as const satisfies Readonly<Record<string, Partial<Record<ConditionType, "True" | "False">>>>;

export const WAIT_GOALS = Object.keys(GOALS) as readonly WaitGoal[];
export type WaitGoal = keyof typeof GOALS;

/** Says why a host has not reached the goal; undefined if it has. */
export function missingFor(goal: WaitGoal, host: DockerHostObject | undefined): string | undefined {
  if (host === undefined) return "it was deleted";
  for (const [type, status] of Object.entries(GOALS[goal])) {
    const condition = findCondition(host.status?.conditions, type as ConditionType);
    if (condition === undefined || condition.observedGeneration !== host.metadata.generation) {
      return `the controller has not set ${type} for its newest spec yet`;
    }
    if (condition.status !== status)
      return `${type} is ${condition.status} (${condition.reason}): ${condition.message}`;
  }
  return undefined;
}
