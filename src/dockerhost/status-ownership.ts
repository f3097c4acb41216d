import type { ConditionType } from "../api/condition-types.ts";
import type { DockerHostStatus } from "../api/status.ts";
import type { StatusOwner } from "./ports.ts";

const UPDATE_CONDITIONS: readonly ConditionType[] = ["UpdateCheckSucceeded", "UpdatesAvailable"];

/** What a server-side apply by one owner makes of the status: its own part replaced, the other's untouched. */
export function mergeStatus(current: DockerHostStatus, owner: StatusOwner, part: DockerHostStatus): DockerHostStatus {
  const { updates, conditions = [], ...connection } = current;
  const others = conditions.filter(({ type }) => UPDATE_CONDITIONS.includes(type) !== (owner === "updates"));
  const merged =
    owner === "connection" ? { ...part, ...(updates === undefined ? {} : { updates }) } : { ...connection, ...part };
  const own = part.conditions ?? [];
  return { ...merged, conditions: owner === "connection" ? [...own, ...others] : [...others, ...own] };
}
