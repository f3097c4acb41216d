import { advised, type Failure } from "../api/failure.ts";
import type { Member } from "./next-step.ts";

/** An old container must stay where it was until the new one has its name. */
export function isLost({ old, new: fresh }: Member): boolean {
  return (old.place === "gone" || old.place === "elsewhere") && fresh.place !== "name";
}

export function superseded(members: readonly Member[]): Failure {
  const name = members.find(isLost)?.name ?? "";
  return advised("UpdateSuperseded", `Somebody removed or renamed container ${name} during the update`);
}

export function cancelled(): Failure {
  return advised("UpdateCancelled", "The update was cancelled before the new container had proved itself");
}

export function taken(): Failure {
  return advised("LeadershipLost", "This program may no longer change the host");
}

export function interruption(why: string): Failure {
  return advised("UpdateInterrupted", `The update stopped in the middle: ${why}`);
}
