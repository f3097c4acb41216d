import { advised, type Failure } from "../api/failure.ts";
import type { ListedDetails } from "../docker/engine-details.ts";
import { newRemoved } from "./failures.ts";
import { isUp } from "./is-up.ts";
import type { Member } from "./next-step.ts";

/**
 * Finds what somebody has changed since the plan was made, while nothing is touched yet; undefined if nothing was.
 * @param listed all containers, after the new ones were created
 */
export function changedMeanwhile(
  listed: readonly ListedDetails[],
  members: readonly Member[],
  imageIdOf: (member: Member) => string,
): Failure | undefined {
  for (const member of members) {
    const { name } = member;
    const old = listed.find(({ id }) => id === member.old.id);
    const did = whatHappened(member, old);
    if (did !== undefined) return advised("UpdateSuperseded", `Somebody ${did} container ${name} during the update`);
    const fresh = listed.find(({ id }) => id === member.new.id);
    if (fresh === undefined) return newRemoved(name);
    const wanted = imageIdOf(member);
    if (fresh.imageId !== wanted) {
      return advised("ImageMismatch", `The new container ${name} would run ${fresh.imageId} instead of ${wanted}`);
    }
  }
  return undefined;
}

function whatHappened({ name, wasRunning }: Member, old: ListedDetails | undefined): string | undefined {
  if (old === undefined) return "removed";
  if (old.name !== name) return "renamed";
  if (old.state === "paused") return "paused";
  if (isUp(old.state) !== wasRunning) return wasRunning ? "stopped" : "started";
  return undefined;
}
