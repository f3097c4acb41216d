import { isDeepStrictEqual } from "node:util";
import { isRecord } from "./kube-object.ts";

/**
 * Whether an object contains everything that was applied to it. Others may have added fields to its maps and conditions
 * to its `conditions`, which Kubernetes merges by `type`. Any other list must be equal.
 */
export function contains(current: unknown, applied: unknown): boolean {
  if (!isRecord(current) || !isRecord(applied)) return isDeepStrictEqual(current, applied);
  return Object.entries(applied).every(([field, value]) => {
    if (value === undefined) return true;
    const held = current[field];
    if (field === "conditions" && Array.isArray(held) && Array.isArray(value)) return containsConditions(held, value);
    return contains(held, value);
  });
}

function containsConditions(held: readonly unknown[], applied: readonly unknown[]): boolean {
  const byType = new Map(held.map((condition) => [isRecord(condition) ? condition.type : undefined, condition]));
  return applied.every((condition) => isRecord(condition) && contains(byType.get(condition.type), condition));
}
