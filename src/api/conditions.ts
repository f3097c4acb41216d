import { truncate } from "../common/truncate.ts";
import { type Condition, MAX_MESSAGE_LENGTH } from "./condition-schema.ts";
import { CONDITION_TYPES, type ConditionType } from "./condition-types.ts";
import type { Reason } from "./reasons.ts";

/** What a condition says, before it is placed in time. */
export interface ConditionContent {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  readonly message: string;
}

/**
 * The conditions to write: each content with its generation, and with the time of its last transition, which moves
 * only when the status does. Conditions that have no content are left out, which removes them.
 * @param now RFC 3339
 */
export function placeConditions(
  contents: readonly ConditionContent[],
  previous: readonly Condition[],
  generation: number,
  now: string,
): Condition[] {
  return contents
    .toSorted((a, b) => CONDITION_TYPES.indexOf(a.type) - CONDITION_TYPES.indexOf(b.type))
    .map((content) => {
      const before = findCondition(previous, content.type);
      return {
        type: content.type,
        status: content.status,
        observedGeneration: generation,
        lastTransitionTime: before?.status === content.status ? before.lastTransitionTime : now,
        reason: content.reason,
        message: truncate(content.message, MAX_MESSAGE_LENGTH),
      };
    });
}

/** The content of a condition that stays as it is. */
export function keptContent({ type, status, reason, message }: Condition): ConditionContent {
  // Written only by this product: reasons of another version look like ours.
  return { type, status, reason: reason as Reason, message };
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
