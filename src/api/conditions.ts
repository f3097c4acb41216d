import { truncate } from "../common/truncate.ts";
import { type Condition, MAX_MESSAGE_LENGTH } from "./condition-schema.ts";
import { CONDITION_TYPES, type ConditionType } from "./condition-types.ts";
import type { Reason } from "./reasons.ts";

/** A condition as it is judged, before it is placed in time. */
export interface ConditionVerdict {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  readonly message: string;
}

/**
 * The conditions to write: each verdict with its generation, and with the time of its last transition, which moves
 * only when the status does. Conditions that have no verdict are left out, which removes them.
 * @param now RFC 3339
 */
export function placeConditions(
  verdicts: readonly ConditionVerdict[],
  previous: readonly Condition[],
  generation: number,
  now: string,
): Condition[] {
  return verdicts
    .toSorted((a, b) => CONDITION_TYPES.indexOf(a.type) - CONDITION_TYPES.indexOf(b.type))
    .map((verdict) => {
      const before = findCondition(previous, verdict.type);
      return {
        type: verdict.type,
        status: verdict.status,
        observedGeneration: generation,
        lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : now,
        reason: verdict.reason,
        message: truncate(verdict.message, MAX_MESSAGE_LENGTH),
      };
    });
}

/** The verdict of a condition that stays as it is. */
export function keptVerdict({ type, status, reason, message }: Condition): ConditionVerdict {
  // Written only by this product: reasons of another version look like ours.
  return { type, status, reason: reason as Reason, message };
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
