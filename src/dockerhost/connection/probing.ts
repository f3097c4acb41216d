import { findCondition } from "../../api/conditions.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { Random } from "../../common/random.ts";
import { type Capability, NEEDED } from "../../docker/capabilities.ts";
import { isDenialReason } from "../../docker/denial.ts";
import { NEEDED_FOR_UPDATES } from "../../docker/probe-changes.ts";

/** What a pass has found out so far about the host whose capabilities are checked. */
export interface Sighting {
  readonly endpoint: string | undefined;
  readonly engineVersion: string | undefined;
  /** Whether /info was denied in this pass. */
  readonly infoDenied: boolean;
}

const ALL: readonly Capability[] = ["list", "inspect", "imageInspect", "distribution"];

/**
 * Whether to probe again what is allowed: if that is not known for this endpoint and engine, or if something necessary
 * was or is denied. A healthy host is not probed again: its update check notices whatever is denied later.
 */
export function shouldProbe(before: DockerHostStatus, seen: Sighting, needed: readonly Capability[] = NEEDED): boolean {
  const { capabilities, engine } = before;
  if (ALL.some((capability) => capabilities?.[capability] === undefined)) return true;
  if (before.endpoint !== seen.endpoint || engine?.version !== seen.engineVersion) return true;
  // Only /info shows the image store.
  if (seen.infoDenied && engine?.imageStore !== undefined) return true;
  return needed.some((capability) => capabilities?.[capability] !== true) || checkMetDenial(before);
}

/**
 * The capabilities that the update check of this host needs, and its updates if they are wanted. If the host is to ask
 * registries, that is one of them.
 */
export function neededBy({ updateCheck }: DockerHostSpec, isUpdated = false): readonly Capability[] {
  const asksRegistries = (updateCheck?.resolveFrom ?? "Operator") !== "Operator";
  return [...NEEDED, ...(asksRegistries ? (["distribution"] as const) : []), ...(isUpdated ? NEEDED_FOR_UPDATES : [])];
}

function checkMetDenial({ conditions, updates }: DockerHostStatus): boolean {
  if (isDenialReason(findCondition(conditions, "UpdateCheckSucceeded")?.reason)) return true;
  return updates?.items?.some(({ reason }) => isDenialReason(reason)) === true;
}

/** 64 hexadecimal digits, which is the form of an id; no object has this one. */
export function absentId(random: Random): string {
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join("");
}
