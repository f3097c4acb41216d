import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import { isRequested } from "./requested-runs.ts";

export function isSuspended({ suspend, updateCheck }: DockerHostSpec): boolean {
  return suspend || updateCheck?.suspend === true;
}

/**
 * Whether a check is due as soon as a connection pass has succeeded.
 * @param now wall-clock milliseconds
 */
export function checkFollows(host: DockerHostObject, spec: DockerHostSpec, now: number): boolean {
  const { conditions, updates } = host.status ?? {};
  const checked = findCondition(conditions, "UpdateCheckSucceeded");
  if (isSuspended(spec)) return false;
  if (checked?.observedGeneration !== host.metadata.generation || checked.status === "Unknown") return true;
  return isRequested(host, updates) || Date.parse(updates?.nextCheckTime ?? "") <= now;
}
