import type { ContainerUpdateObject } from "../../src/api/container-update.ts";
import type { Reason } from "../../src/api/reasons.ts";
import { type PhaseReport, statusWith, type UpdateState } from "../../src/containerupdate/phase-report.ts";
import type { ArgoHealth } from "./argo-health.ts";
import { containerUpdate } from "./container-update.ts";
import type { Kstatus } from "./kstatus.ts";

export interface UpdateSituation {
  readonly name: string;
  readonly update: ContainerUpdateObject;
  readonly kstatus: Kstatus;
  readonly argo: ArgoHealth;
}

function example(
  name: string,
  [phase, state, reason]: readonly [PhaseReport["phase"], UpdateState, Reason],
  [kstatus, argo]: readonly [Kstatus, ArgoHealth],
): UpdateSituation {
  const update = containerUpdate();
  const status = statusWith(update, { phase, state, reason, message: "A message" }, 0);
  return { name, update: { ...update, status }, kstatus, argo };
}

const PROGRESSING = ["InProgress", "Progressing"] as const;
const FAILED = ["Failed", "Degraded"] as const;

/** An example of each row of the table of phase reports, and what the tools show for it. */
export const UPDATE_SITUATIONS: readonly UpdateSituation[] = [
  { name: "created, untouched", update: containerUpdate(), kstatus: "InProgress", argo: "Progressing" },
  {
    name: "succeeded, and of an older generation",
    update: {
      ...example("", ["Succeeded", "succeeded", "UpdateSucceeded"], PROGRESSING).update,
      metadata: { ...containerUpdate().metadata, generation: 2 },
    },
    kstatus: "InProgress",
    argo: "Progressing",
  },
  example("waits for its host", ["Pending", "waiting", "HostNotFound"], PROGRESSING),
  example("waits for a connection", ["Pending", "waiting", "HostNotConnected"], PROGRESSING),
  example("waits for another update", ["Pending", "waiting", "DaemonBusy"], PROGRESSING),
  example("its host is suspended", ["Pending", "waiting", "HostSuspended"], ["InProgress", "Suspended"]),
  example("updates are off", ["Pending", "blocked", "UpdatesDisabled"], FAILED),
  example("its host does not allow it", ["Pending", "blocked", "UpdatesNotAllowed"], FAILED),
  example("is pulled", ["Pulling", "working", "PullingImage"], PROGRESSING),
  example("is verified", ["Verifying", "working", "VerifyingContainer"], PROGRESSING),
  example("is rolled back", ["RollingBack", "working", "ContainerExited"], PROGRESSING),
  example("host away in the middle", ["Verifying", "waiting", "UpdateInterrupted"], ["InProgress", "Degraded"]),
  example("succeeded", ["Succeeded", "succeeded", "UpdateSucceeded"], ["Current", "Healthy"]),
  example("was rolled back", ["RolledBack", "ended", "ContainerUnhealthy"], FAILED),
  example("failed", ["Failed", "ended", "ImageNotPulled"], FAILED),
  example("was superseded", ["Superseded", "ended", "UpdateSuperseded"], FAILED),
  example("was cancelled", ["Cancelled", "ended", "UpdateCancelled"], FAILED),
];
