import type { RestartPolicy } from "../docker/engine-changes.ts";

/**
 * The steps of a transaction as a state machine. A transaction replaces one container, the main one, and those that share
 * its network, processes or volumes. The state is what the daemon shows of each of them (Member): names and whether they
 * run. Seven directions lead from there, each a list of rules; the first rule that applies to any member is the next step.
 * Each step is one request that makes its own rule no longer apply, so a step whose answer was lost is simply found done,
 * or done again.
 *
 * create    create every new one as NAME.dockerhost-TXN-new
 *           (then look once more whether everything is as the plan found it; nothing is touched so far)
 * forward   create those that are missing, because somebody removed them together with the stopped old ones
 *           take from every old one the policy by which a restart of the daemon would start it
 *           (an engine may refuse that of one that restarts in a loop: then stop it first)
 *           stop the old ones, dependants first
 *           rename the old ones to NAME.dockerhost-TXN-old (with the policy that was taken, in case nothing else shows
 *           it any more), then the new ones to NAME, and start these
 *           (then verify them; nothing is removed so far)
 * finish    start the new ones again that have ended since they were verified, as with a daemon that ended, and remove the
 *           old ones, dependants first
 * keep      rename the old ones to NAME.dockerhost-TXN-kept: so that the new one can be examined, or because somebody
 *           has given the name to another container
 * back      take from the new ones their policy, so that a restart of the daemon does not start them next to the old
 *           ones; stop them, and rename those that have their name to NAME.dockerhost-TXN-failed
 *           restore the policies of the old ones, rename these back, and start those that ran
 *           (then move the tag back, as long as the label of the new one says which image it belongs to)
 * clear     remove the new ones
 * stay      give the new ones back their policy and their name, and start them, because somebody has removed the old ones
 *           while they had other names, as `docker container prune` does: a new one that has failed is better than none
 *
 * A new process takes the direction from what it finds (directionOf), as do all processes after a lost connection:
 *
 * | new           | old            | direction                                                     |
 * |---------------|----------------|---------------------------------------------------------------|
 * | -new          | NAME or -old   | back: nobody depends on the new one yet                       |
 * | NAME          | -old           | forward: start it if it was not, and verify; back if it fails |
 * | NAME          | gone           | finish: done but for what is left of others                   |
 * | NAME          | -kept          | none: kept for a look                                         |
 * | -failed       | any            | back                                                          |
 * | gone          | -old           | back                                                          |
 * | gone          | NAME           | none, or back if it was held or stopped: only a record shows  |
 * | any           | any            | back if a record says that the way back has begun             |
 *
 * With several members, back wins unless every new one has its name; finish wins if any old one is gone then.
 */

/** Which name a container has: the one under which it is known, or one of the names of the transaction. */
export type OldPlace = "name" | "old" | "kept" | "elsewhere" | "gone";
export type NewPlace = "none" | "new" | "name" | "failed" | "elsewhere";

export interface Member {
  readonly name: string;
  readonly main: boolean;
  /** Whether the old container ran when the transaction began. */
  readonly wasRunning: boolean;
  /** The old container's own policy; undefined if nobody knows it any more. */
  readonly restartPolicy: RestartPolicy | undefined;
  /** The new container that was created last, unless the transaction has removed it itself. */
  readonly createdId?: string | undefined;
  readonly old: { readonly id: string; readonly place: OldPlace; readonly isUp: boolean; readonly isHeld: boolean };
  readonly new: {
    readonly id: string;
    readonly place: NewPlace;
    readonly isUp: boolean;
    readonly wasStarted: boolean;
    readonly isHeld: boolean;
  };
}

export type StepName =
  | "Create"
  | "HoldPolicy"
  | "StopOld"
  | "RenameOld"
  | "RenameNew"
  | "StartNew"
  | "RemoveOld"
  | "KeepOld"
  | "HoldNew"
  | "FreeNew"
  | "SetAside"
  | "StopNew"
  | "RenameBack"
  | "RestorePolicy"
  | "StartOld"
  | "RemoveNew";

export interface Step {
  readonly step: StepName;
  readonly member: Member;
}

interface StepCondition {
  readonly step: StepName;
  /** Orders dependants in front of the container on which they depend. */
  readonly dependantsFirst?: true;
  readonly applies: (member: Member) => boolean;
}

const CREATE: readonly StepCondition[] = [{ step: "Create", applies: ({ new: { place } }) => place === "none" }];

const FORWARD: readonly StepCondition[] = [
  ...CREATE,
  { step: "HoldPolicy", applies: (member) => needsHold(member) && !member.old.isHeld && member.old.place !== "gone" },
  { step: "StopOld", dependantsFirst: true, applies: ({ old }) => old.isUp },
  { step: "RenameOld", applies: ({ old }) => old.place === "name" },
  { step: "RenameNew", applies: (member) => member.new.place === "new" },
  { step: "StartNew", applies: (member) => member.wasRunning && !member.new.wasStarted },
];

const STOP_OLD: StepCondition = {
  step: "StopOld",
  dependantsFirst: true,
  applies: ({ old }) => old.place === "old" && old.isUp,
};

// Without the new one, the old one is put back.
const REMOVE_OLD: StepCondition = {
  step: "RemoveOld",
  dependantsFirst: true,
  applies: (member) => member.old.place === "old" && isInPlace(member),
};

const FINISH: readonly StepCondition[] = [STOP_OLD, { step: "StartNew", applies: hasEnded }, REMOVE_OLD];

const KEEP: readonly StepCondition[] = [
  // With its own policy, a restart of the daemon would start it, or may have started it.
  { step: "HoldPolicy", applies: (member) => needsHold(member) && !member.old.isHeld && member.old.place === "old" },
  STOP_OLD,
  { step: "KeepOld", applies: ({ old }) => old.place === "old" },
];

const RESTORE: readonly StepCondition[] = [
  // This comes before the rename, which removes the name that shows the policy.
  {
    step: "RestorePolicy",
    applies: (member) => needsHold(member) && member.old.isHeld && !["gone", "kept"].includes(member.old.place),
  },
  // If the name of the main one is taken, only that one has to be kept under another name.
  { step: "RenameBack", dependantsFirst: true, applies: ({ old }) => old.place === "old" },
  {
    step: "StartOld",
    applies: ({ wasRunning, old: { isUp, place } }) => wasRunning && !isUp && place !== "gone" && place !== "kept",
  },
];

const BACK: readonly StepCondition[] = [
  // This comes first, because with `always`, even a stopped container is started with the daemon.
  { step: "HoldNew", applies: (member) => needsHold(member) && isOurs(member) && canBeHeld(member.new) },
  // This comes before the rename, because engine 20.10 does not rename a container that is about to be restarted.
  { step: "StopNew", dependantsFirst: true, applies: (member) => member.new.isUp },
  { step: "SetAside", dependantsFirst: true, applies: (member) => member.new.place === "name" },
  ...RESTORE,
];

const CLEAR: readonly StepCondition[] = [
  { step: "StopNew", dependantsFirst: true, applies: (member) => isAside(member) && member.new.isUp },
  { step: "RemoveNew", dependantsFirst: true, applies: isAside },
];

/** Whether a new container that has its name does not run although the old one did. */
export function hasEnded({ wasRunning, new: fresh }: Member): boolean {
  return wasRunning && fresh.place === "name" && !fresh.isUp;
}

function isAside({ new: { place } }: Member): boolean {
  return place === "new" || place === "failed";
}

/** If somebody has renamed the new container, it replaces the old one under another name. */
function isInPlace({ new: { place } }: Member): boolean {
  return place === "name" || place === "elsewhere";
}

/** Somebody may have renamed the new container, and wants to keep it. */
function isOurs(member: Member): boolean {
  return isAside(member) || member.new.place === "name";
}

/** A container that was never started is not started with the daemon. */
function canBeHeld({ wasStarted, isHeld }: Member["new"]): boolean {
  return wasStarted && !isHeld;
}

const STAY: readonly StepCondition[] = [
  { step: "FreeNew", applies: (member) => isLeft(member) && member.new.isHeld },
  { step: "RenameNew", applies: (member) => isLeft(member) && member.new.place === "failed" },
  STOP_OLD,
  // These come before the start, which may fail.
  REMOVE_OLD,
  ...RESTORE.map((rule) => ({ ...rule, applies: (member: Member) => hasNoNew(member) && rule.applies(member) })),
  { step: "StartNew", applies: (member) => member.old.place === "gone" && hasEnded(member) },
];

function hasNoNew({ new: { place } }: Member): boolean {
  return place === "none";
}

/** Whether only the new container is left, and has run before. */
export function isLeft({ old, new: fresh }: Member): boolean {
  return old.place === "gone" && fresh.wasStarted && (fresh.place === "failed" || fresh.place === "name");
}

export const DIRECTIONS = {
  create: CREATE,
  forward: FORWARD,
  finish: FINISH,
  keep: KEEP,
  back: BACK,
  clear: CLEAR,
  stay: STAY,
} as const;
export type Direction = keyof typeof DIRECTIONS;

/** Undefined if the direction is complete. */
export function nextStep(direction: Direction, members: readonly Member[]): Step | undefined {
  for (const { step, dependantsFirst, applies } of DIRECTIONS[direction]) {
    const member = dependantsFirst ? members.findLast(applies) : members.find(applies);
    if (member !== undefined) return { step, member };
  }
  return undefined;
}

/**
 * Whether somebody removed or renamed the new container after the old one was changed, which has its name. A new one that
 * was renamed may stay for good, so it shows less.
 */
function isLeftStopped({ wasRunning, old, new: fresh }: Member): boolean {
  if (old.place !== "name") return false;
  if (fresh.place === "elsewhere") return old.isHeld && !fresh.wasStarted;
  return fresh.place === "none" && (old.isHeld || (wasRunning && !old.isUp));
}

/** An old container must stay where it was until the new one has its name. */
export function isLost({ old, new: fresh }: Member): boolean {
  return (old.place === "gone" || old.place === "elsewhere") && fresh.place !== "name";
}

/** Whether the way back has not reached its end: every old container is in its place, and every new one is gone. */
function isNotBack(members: readonly Member[]): boolean {
  return (nextStep("back", members) ?? nextStep("clear", members)) !== undefined || members.some(isLost);
}

/** Whether the new container has its name and its policy again, because somebody has removed the old one. */
function hasStayed(members: readonly Member[]): boolean {
  const isAgain = members.some((member) => isLeft(member) && member.new.place === "name");
  return isAgain && (nextStep("stay", members) ?? nextStep("clear", members)) === undefined;
}

/**
 * Decides how to continue from what was found; undefined if nothing is left to do.
 * @param isGoingBack whether a record says that the way back has begun, which the names do not always show
 */
export function directionOf(members: readonly Member[], isGoingBack = false): Direction | undefined {
  if (isGoingBack && hasStayed(members)) return "stay";
  if (isGoingBack && isNotBack(members)) return "back";
  if (members.some((member) => member.new.place === "failed" || member.new.place === "new")) return "back";
  if (members.some(isLeftStopped)) return "back";
  const unfinished = members.filter(({ old }) => old.place === "old");
  if (unfinished.length === 0) return undefined;
  if (members.some((member) => member.new.place !== "name")) return "back";
  return members.some(({ old }) => old.place === "gone") ? "finish" : "forward";
}

/**
 * Whether a restart of the daemon would start the old container although it was stopped: it would not with
 * `unless-stopped`, but with `on-failure` it would if the process ended with an error.
 */
export function needsHold({ restartPolicy }: Pick<Member, "restartPolicy">): boolean {
  return restartPolicy?.Name === "always" || restartPolicy?.Name === "on-failure";
}

/**
 * What an old container has instead of its own policy. It does less harm than `no` if somebody then removes everything
 * that shows the own one: only a container that was stopped stays stopped.
 */
export function heldPolicy({ restartPolicy }: Pick<Member, "restartPolicy">): RestartPolicy {
  // A job that ended successfully must not run again.
  return { Name: restartPolicy?.Name === "always" ? "unless-stopped" : "no" };
}

/** The state after a successful step, without asking the daemon. */
export function after(members: readonly Member[], { step, member }: Step, newId = member.new.id): readonly Member[] {
  return members.map((each) => (each.name === member.name ? { ...each, ...effect(step, each, newId) } : each));
}

function effect(step: StepName, { old, new: fresh }: Member, newId: string): Partial<Member> {
  switch (step) {
    case "Create":
      return { createdId: newId, new: { id: newId, place: "new", isUp: false, wasStarted: false, isHeld: false } };
    case "HoldPolicy":
      return { old: { ...old, isHeld: true } };
    case "RestorePolicy":
      return { old: { ...old, isHeld: false } };
    case "StopOld":
      return { old: { ...old, isUp: false } };
    case "StartOld":
      return { old: { ...old, isUp: true } };
    case "RenameOld":
      return { old: { ...old, place: "old" } };
    case "KeepOld":
      return { old: { ...old, place: "kept" } };
    case "RenameBack":
      return { old: { ...old, place: "name" } };
    case "RemoveOld":
      return { old: { ...old, place: "gone" } };
    case "RenameNew":
      return { new: { ...fresh, place: "name" } };
    case "SetAside":
      return { new: { ...fresh, place: "failed" } };
    case "StartNew":
      return { new: { ...fresh, isUp: true, wasStarted: true } };
    case "HoldNew":
      return { new: { ...fresh, isHeld: true } };
    case "FreeNew":
      return { new: { ...fresh, isHeld: false } };
    case "StopNew":
      return { new: { ...fresh, isUp: false } };
    case "RemoveNew":
      return { createdId: undefined, new: { id: "", place: "none", isUp: false, wasStarted: false, isHeld: false } };
  }
}
