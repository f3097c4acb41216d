import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Condition, UpdatesStatus } from "../api/status.ts";

/** Whether `spec.suspend` stops all work on the host. */
export function isSuspended({ spec }: Pick<DockerHostObject, "spec">): boolean {
  return typeof spec === "object" && spec !== null && "suspend" in spec && spec.suspend === true;
}

/** The status of Ready, or `Suspended`: a suspended host keeps its last condition, which nobody checks any more. */
export function readyWord(host: DockerHostObject): string | undefined {
  return isSuspended(host) ? "Suspended" : findCondition(host.status?.conditions, "Ready")?.status;
}

/** The condition of an update check that failed, in part or as a whole. A suspended host has no failed check. */
export function failedCheck(host: DockerHostObject): Condition | undefined {
  const condition = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
  return condition?.status === "False" && !isSuspended(host) ? condition : undefined;
}

/**
 * Whether `status.updates` is the answer of the last check. A check that could not list the containers keeps the answer
 * of an earlier one, and so does a change of the spec until it has been checked.
 */
export function hasCurrentAnswer(host: DockerHostObject): boolean {
  const condition = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
  if (condition === undefined || condition.observedGeneration < host.metadata.generation) return false;
  if (condition.status !== "False") return condition.status === "True";
  if (condition.reason === "PartiallyFailed") return true;
  const items = host.status?.updates?.items ?? [];
  return items.some(({ verdict, reason }) => verdict === "Failed" && reason === condition.reason);
}

/** Whether the last check failed for every container that had to be checked. */
export function isNothingChecked(host: DockerHostObject): boolean {
  if (failedCheck(host) === undefined) return false;
  return !hasCurrentAnswer(host) || allFailed(host.status?.updates ?? {});
}

function allFailed({ total = 0, pinned = 0, local = 0, excluded = 0, failed = 0 }: UpdatesStatus): boolean {
  return failed > 0 && failed === total - pinned - local - excluded;
}

/** How urgently a host needs attention: 0 is the most urgent. */
export function urgency(host: DockerHostObject): number {
  if (isSuspended(host)) return 5;
  const status = (type: "CertificateExpiring" | "UpdatesAvailable") =>
    findCondition(host.status?.conditions, type)?.status;
  const ready = readyWord(host);
  if (ready !== "True") return ready === "False" ? 0 : 1;
  if (failedCheck(host) !== undefined) return 2;
  if (status("CertificateExpiring") === "True") return 3;
  return status("UpdatesAvailable") === "True" ? 4 : 6;
}

export function isReady(host: DockerHostObject): boolean {
  return findCondition(host.status?.conditions, "Ready")?.status === "True";
}

/** Why a host is not ready, and what to do; undefined if it is ready or suspended. */
export function needOf(host: DockerHostObject): string | undefined {
  if (isSuspended(host) || isReady(host)) return undefined;
  return findCondition(host.status?.conditions, "Ready")?.message;
}

/** Returns a number only if it is known: after a failed check, the number of outdated images is unknown. */
export function outdatedWord(host: DockerHostObject): string {
  const { conditions, updates } = host.status ?? {};
  const succeeded = findCondition(conditions, "UpdateCheckSucceeded");
  if (succeeded?.status === "True" && hasCurrentAnswer(host)) return String(updates?.outdated ?? 0);
  return succeeded === undefined ? "" : "?";
}

/** The containers of a host that run another image than they should. */
export interface Behind {
  /** Outdated ones, and those for which the newer image was pulled already. */
  readonly count: number;
  readonly restartPending: number;
  /** Whether there may be more, because some containers could not be checked. */
  readonly isAtLeast: boolean;
}

/** Undefined if it is not known whether there are any. */
export function behindOf(host: DockerHostObject): Behind | undefined {
  const { conditions, updates } = host.status ?? {};
  const { outdated = 0, restartPending = 0 } = updates ?? {};
  const count = outdated + restartPending;
  const succeeded = findCondition(conditions, "UpdateCheckSucceeded")?.status;
  const isAtLeast = succeeded === "False" && count > 0;
  if ((succeeded !== "True" && !isAtLeast) || !hasCurrentAnswer(host)) return undefined;
  return { count, restartPending, isAtLeast };
}

const DAY_MS = 24 * 3_600_000;

/** The full days until the first certificate expires, with `!` if there are too few. */
export function certificateWord(host: DockerHostObject, now: number): string {
  const { certificates, conditions } = host.status ?? {};
  if (certificates?.nextExpiry === undefined) return "";
  const left = Date.parse(certificates.nextExpiry) - now;
  if (left < 0) return "expired!";
  const isSoon = findCondition(conditions, "CertificateExpiring")?.status === "True";
  return `${Math.floor(left / DAY_MS)}d${isSoon ? "!" : ""}`;
}
