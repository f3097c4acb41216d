import type { Failure, Outcome } from "../api/failure.ts";
import type { Capability, Probe } from "./capabilities.ts";
import { isDenial } from "./denial.ts";
import type { EngineChanges } from "./engine-changes.ts";
import { EngineError } from "./fleet-modem.ts";

/** The parts of the API that an update needs in addition to those of an update check. */
export const NEEDED_FOR_UPDATES: readonly Capability[] = ["pull", "recreate"];

/** No daemon pulls it, because a name must be in lower case. */
const NOT_A_NAME = "Dockerhost/Probe";

export type Changes = Pick<
  EngineChanges,
  "pull" | "tag" | "create" | "setRestartPolicy" | "stop" | "rename" | "start" | "remove"
>;

type Request = (changes: Changes, absent: string) => Promise<Outcome<unknown>>;

/** The same requests as in an update. Each is for something that does not exist, so the daemon can only refuse it. */
const REQUESTS: Readonly<Record<"pull" | "recreate", readonly Request[]>> = {
  pull: [
    (changes, absent) => changes.pull({ repository: NOT_A_NAME, digest: `sha256:${absent}` }),
    (changes, absent) => changes.tag(`sha256:${absent}`, "dockerhost-probe", "absent"),
  ],
  recreate: [
    (changes, absent) => changes.create(`dockerhost-probe-${absent.slice(0, 12)}`, { Image: `sha256:${absent}` }),
    (changes, absent) => changes.setRestartPolicy(absent, { Name: "no" }),
    (changes, absent) => changes.stop(absent, 0),
    (changes, absent) => changes.rename(absent, `dockerhost-probe-${absent.slice(0, 12)}`),
    (changes, absent) => changes.start(absent),
    (changes, absent) => changes.remove(absent),
  ],
};

/**
 * Asks which changes a proxy or an authorization plugin lets through, without changing anything.
 * @param absent an id that no container or image has
 */
export async function probeChanges(changes: Changes, absent: string): Promise<readonly Probe[]> {
  return [await probe("pull", changes, absent), await probe("recreate", changes, absent)];
}

/** A part may be used if all of its requests may. */
async function probe(capability: "pull" | "recreate", changes: Changes, absent: string): Promise<Probe> {
  let allowed: boolean | undefined = true;
  for (const request of REQUESTS[capability]) {
    const answer = await request(changes, absent);
    if (answer.ok || isDaemonsRefusal(answer.failure)) continue;
    if (isDenial(answer.failure)) return { capability, allowed: false, denial: answer.failure };
    allowed = undefined;
  }
  return { capability, allowed };
}

/** Only Docker's own answer shows that the request arrived. */
function isDaemonsRefusal({ cause }: Failure): boolean {
  if (!(cause instanceof EngineError) || cause.reply.headers["api-version"] === undefined) return false;
  return cause.reply.status === 400 || cause.reply.status === 404;
}
