import type { Member } from "./next-step.ts";
import type { MemberRecord } from "./request.ts";

/** What is stored about a member before each change. */
export function toRecord({ name, old, new: fresh, wasRunning, restartPolicy }: Member): MemberRecord {
  return {
    name,
    oldId: old.id,
    ...(fresh.id !== "" && { newId: fresh.id }),
    wasRunning,
    ...(restartPolicy !== undefined && { restartPolicy }),
  };
}
