import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { keyOf } from "../runtime/kube-object.ts";
import { failedCheck, isNothingChecked, isSuspended } from "../views/host-state.ts";
import { EXIT } from "./exit-codes.ts";

/** The exit code of a check, and why it is not 0. */
export interface CheckExit {
  readonly code: number;
  /** One line each, for standard error. */
  readonly errors: readonly string[];
}

/**
 * Decides the exit code of a check of hosts. A suspended host is skipped on purpose, so it does not count as a failure,
 * whatever its last condition was, unless nothing was checked because all hosts are suspended.
 * @param nameOf names a host in the errors
 */
export function exitOfCheck(
  hosts: readonly DockerHostObject[],
  failOnUpdates: boolean,
  nameOf: (host: DockerHostObject) => string = keyOf,
): CheckExit {
  const active = hosts.filter((host) => !isSuspended(host));
  if (hosts.length > 0 && active.length === 0)
    return { code: EXIT.notReady, errors: hosts.map((host) => whySuspended(nameOf(host))) };
  const status = (host: DockerHostObject, type: "Ready" | "UpdateCheckSucceeded" | "UpdatesAvailable") => {
    const condition = findCondition(host.status?.conditions, type);
    return condition?.reason === "Suspended" ? "Suspended" : (condition?.status ?? "Unknown");
  };
  const fails = (found: string) => found !== "True" && found !== "Suspended";
  const unready = active.filter((host) => fails(status(host, "Ready")));
  const unchecked = active.filter(
    (host) =>
      !unready.includes(host) &&
      (isNothingChecked(host) || (failOnUpdates && fails(status(host, "UpdateCheckSucceeded")))),
  );
  const outdated = failOnUpdates ? active.filter((host) => status(host, "UpdatesAvailable") === "True") : [];
  const errors = [
    ...(failOnUpdates ? unready.map((host) => `${nameOf(host)} is not Ready, so its images were not checked`) : []),
    ...unchecked.map((host) => whyUnchecked(host, nameOf(host))),
    ...outdated.map((host) => `${nameOf(host)} has updates, and --fail-on-updates is set`),
  ];
  const isIncomplete = unready.length + unchecked.length > 0;
  return { code: isIncomplete ? EXIT.notReady : outdated.length > 0 ? EXIT.updates : EXIT.ok, errors };
}

function whySuspended(name: string): string {
  return `${name} is suspended and was not checked; to check it, remove spec.suspend from its manifest`;
}

function whyUnchecked(host: DockerHostObject, name: string): string {
  const failure = failedCheck(host);
  if (failure === undefined) return `the images of ${name} have not been checked`;
  const which = isNothingChecked(host) ? "none of the images" : "not every image";
  return `${which} of ${name} could be checked (${failure.reason})`;
}
