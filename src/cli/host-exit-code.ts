import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { EXIT } from "./exit-codes.ts";

/** Returns the exit code of a check. A suspended host is skipped on purpose, so it never counts as a failure. */
export function hostExitCode(hosts: readonly DockerHostObject[], failOnUpdates: boolean): number {
  const status = (host: DockerHostObject, type: "Ready" | "UpdateCheckSucceeded" | "UpdatesAvailable") => {
    const condition = findCondition(host.status?.conditions, type);
    return condition?.reason === "Suspended" ? "Suspended" : (condition?.status ?? "Unknown");
  };
  const fails = (found: string) => found !== "True" && found !== "Suspended";
  if (hosts.some((host) => fails(status(host, "Ready")))) return EXIT.notReady;
  if (!failOnUpdates) return EXIT.ok;
  if (hosts.some((host) => fails(status(host, "UpdateCheckSucceeded")))) return EXIT.notReady;
  return hosts.some((host) => status(host, "UpdatesAvailable") === "True") ? EXIT.updates : EXIT.ok;
}
