import { advised, type Failure, problemOf } from "../api/failure.ts";
import { isLost, type Member } from "./next-step.ts";

export function superseded(members: readonly Member[]): Failure {
  const name = members.find(isLost)?.name ?? "";
  return advised("UpdateSuperseded", `Somebody removed or renamed container ${name} during the update`);
}

/** Somebody has given a container's name to another one while nobody had it. */
export function displaced(name: string, kept: string): Failure {
  return advised(
    "UpdateSuperseded",
    `Somebody gave the name ${name} to another container during the update; the old container is kept, stopped, as ${kept}`,
  );
}

export function newRemoved(name: string): Failure {
  return advised("UpdateSuperseded", `The new container ${name} was removed by somebody`);
}

/** Adds which dependants stay stopped, because the container that they need is gone. */
export function notStarted(failure: Failure, unstartable: ReadonlyMap<string, Failure>): Failure {
  if (unstartable.size === 0) return failure;
  const problems = [...unstartable].map(([name, why]) => `container ${name} could not be started: ${problemOf(why)}`);
  return advised(failure.reason, [problemOf(failure), ...problems].join("; "));
}

export function cancelled(): Failure {
  return advised("UpdateCancelled", "The update was cancelled before the new container had proved itself");
}

export function taken(): Failure {
  return advised("LeadershipLost", "This program may no longer change the host");
}

/** @param isGoingBack whether the old container was already being put back */
export function undone(isGoingBack = false): Failure {
  const when = isGoingBack ? "while the old container was put back" : "before the new container had its name";
  return advised("UpdateUndone", `The update was interrupted ${when}`);
}

export function interruption(why: string): Failure {
  return advised("UpdateInterrupted", `The update stopped in the middle: ${why}`);
}
