import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { toTimestamp } from "../common/clock.ts";
import type { StoreChange } from "../runtime/store.ts";
import { oneLine } from "./table.ts";

/**
 * Returns one line for each condition whose status or reason changed.
 * @param now wall-clock milliseconds
 */
export function changeLines({ type, key, object, previous }: StoreChange<DockerHostObject>, now: number): string[] {
  const time = toTimestamp(now);
  if (type === "deleted") return [`${time} ${key} removed`];
  return (object.status?.conditions ?? []).flatMap((condition) => {
    const before = findCondition(previous?.status?.conditions, condition.type);
    if (before?.status === condition.status && before.reason === condition.reason) return [];
    const { status, reason, message } = condition;
    return [oneLine(`${time} ${key} ${condition.type}=${status} ${reason}: ${message}`)];
  });
}
