import { findCondition } from "../api/conditions.ts";
import { type ContainerUpdateObject, isBegun, parseUpdateSpec } from "../api/container-update.ts";
import type { ContainerUpdateSpec } from "../api/container-update-spec.ts";
import { type DockerHostObject, parseSpec } from "../api/docker-host.ts";
import { advised } from "../api/failure.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import { engineId } from "../dockerhost/duplicates.ts";
import { type PhaseReport, pending, reportOf } from "./phase-report.ts";

export type Eligibility =
  | {
      readonly kind: "eligible";
      readonly spec: ContainerUpdateSpec;
      readonly host: DockerHostObject;
      readonly hostSpec: DockerHostSpec;
      /** Identifies the daemon, which several DockerHosts may reach. */
      readonly daemon: string;
    }
  | { readonly kind: "not"; readonly report: PhaseReport };

/**
 * Whether an unfinished update may be carried out now, and if not, why. An update that has begun is finished even if
 * the host's owner no longer allows updates, because its container may be stopped.
 */
export function eligibility(
  update: ContainerUpdateObject,
  host: DockerHostObject | undefined,
  isEnabled: boolean,
): Eligibility {
  const spec = parseUpdateSpec(update.spec);
  if (!spec.ok) return not(reportOf("Failed", "ended", spec.failure));
  const { hostRef, container, cancel } = spec.value;
  const hasBegun = isBegun(update);
  if (cancel && !hasBegun) {
    const problem = `The update of container ${container} was cancelled before it began`;
    return not(reportOf("Cancelled", "ended", advised("UpdateCancelled", problem)));
  }
  if (!isEnabled) return not(pending("blocked", "UpdatesDisabled", "This controller carries out no updates"));
  if (host === undefined || host.metadata.deletionTimestamp !== undefined) {
    return not(pending("waiting", "HostNotFound", `There is no DockerHost "${hostRef.name}" in this namespace`));
  }
  const hostSpec = parseSpec(host.spec);
  if (!hostSpec.ok) return not(reportOf("Pending", "waiting", hostSpec.failure));
  const eligible = {
    kind: "eligible",
    spec: spec.value,
    host,
    hostSpec: hostSpec.value,
    daemon: daemonOf(host),
  } as const;
  if (hasBegun) return eligible;
  if (!hostSpec.value.allowUpdates) {
    return not(pending("blocked", "UpdatesNotAllowed", `DockerHost "${hostRef.name}" does not allow updates`));
  }
  if (hostSpec.value.suspend) {
    return not(pending("waiting", "HostSuspended", `DockerHost "${hostRef.name}" is suspended`));
  }
  const connected = findCondition(host.status?.conditions, "Connected");
  if (connected?.status !== "True" || connected.observedGeneration !== host.metadata.generation) {
    return not(pending("waiting", "HostNotConnected", `DockerHost "${hostRef.name}" is not connected`));
  }
  return eligible;
}

function not(report: PhaseReport): Eligibility {
  return { kind: "not", report };
}

function daemonOf(host: DockerHostObject): string {
  const id = engineId(host.status?.engine);
  return id === undefined ? `endpoint ${host.status?.endpoint ?? host.metadata.uid}` : `engine ${id}`;
}
