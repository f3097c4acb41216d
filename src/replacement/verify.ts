import { advised, type Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { formatDuration } from "../common/duration.ts";
import { shorten } from "../common/shorten.ts";
import type { ContainerDetails } from "../docker/engine-details.ts";
import { newRemoved } from "./failures.ts";
import { ownName } from "./refusals.ts";

/** What a new container has to prove. */
export interface Proof {
  readonly wasRunning: boolean;
  readonly imageId: string;
  readonly healthTimeoutMs: number;
  readonly stableForMs: number;
}

export type Verification =
  | { readonly kind: "proved" }
  | { readonly kind: "waiting" }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Verifies a new container from what the daemon shows. With a health check, it must become healthy in time; without one,
 * it must run for a while without a restart.
 * @param ms since it was started, or since this process first saw it
 */
export function verifyNew(
  container: ContainerDetails | undefined,
  name: string,
  proof: Proof,
  ms: number,
): Verification {
  if (container === undefined) return { kind: "failed", failure: newRemoved(name) };
  const { State, Image } = container;
  if (Image !== proof.imageId) {
    return failed("ImageMismatch", `The new container ${name} runs ${Image} instead of ${proof.imageId}`);
  }
  if (!proof.wasRunning) return { kind: "proved" };
  const ended = verifyRunning(container);
  if (ended !== undefined) return ended;
  const health = State.Health?.Status ?? "none";
  if (health === "none") return ms >= proof.stableForMs ? { kind: "proved" } : { kind: "waiting" };
  if (health === "healthy") return { kind: "proved" };
  if (ms < proof.healthTimeoutMs) return { kind: "waiting" };
  const after = formatDuration(proof.healthTimeoutMs);
  return health === "unhealthy"
    ? failed("ContainerUnhealthy", `The health check of the new container ${name} still failed after ${after}`)
    : failed("HealthCheckTimedOut", `The new container ${name} was still starting after ${after}`);
}

/** Undefined while it runs and has never ended. */
function verifyRunning(container: ContainerDetails): Verification | undefined {
  const { State, RestartCount } = container;
  const name = ownName(container);
  const isRestarted = (RestartCount ?? 0) > 0 || State.Status === "restarting";
  const isEnded = State.Status !== "running";
  if (!isRestarted && !isEnded) return undefined;
  if (State.Status === "paused") return undefined;
  if (State.OOMKilled === true) {
    return failed("ContainerOutOfMemory", `The new container ${name} was killed, because it used too much memory`);
  }
  if (isLikelyOutOfMemory(container)) {
    return failed(
      "ContainerOutOfMemory",
      `The new container ${name} was killed (exit code ${KILLED}), most likely because it used too much memory`,
    );
  }
  // While it runs again, the daemon shows 0.
  const code = State.Status === "running" ? undefined : `exit code ${State.ExitCode ?? "unknown"}`;
  const says = [code, State.Error ? shorten(State.Error) : undefined].filter((each) => each !== undefined).join(", ");
  const details = says === "" ? "" : ` (${says})`;
  if (isRestarted) {
    const times = RestartCount ?? 0;
    return failed(
      "ContainerRestarting",
      `The new container ${name} ended and was restarted ${times === 1 ? "once" : `${times} times`}${details}`,
    );
  }
  return failed("ContainerExited", `The new container ${name} ended${details}`);
}

/** The exit code of a process that was ended by SIGKILL: 128 plus the number of the signal. */
const KILLED = 137;

/**
 * Docker 20.10 learns that a container ran out of memory and that it ended from two separate events, and forgets the
 * first if it comes second. So a killed container that has a memory limit is taken to have reached it.
 */
function isLikelyOutOfMemory({ State, HostConfig }: ContainerDetails): boolean {
  return State.ExitCode === KILLED && (HostConfig.Memory ?? 0) > 0;
}

function failed(reason: Reason, problem: string): Verification {
  return { kind: "failed", failure: advised(reason, problem) };
}
