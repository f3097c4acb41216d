import type { Member } from "./next-step.ts";
import type { MemberRecord } from "./request.ts";

/** What is stored about a member before each change. */
export function toRecord({ name, old, createdId, wasRunning, restartPolicy }: Member): MemberRecord {
  return {
    name,
    oldId: old.id,
    ...(createdId !== undefined && { newId: createdId }),
    wasRunning,
    ...(restartPolicy !== undefined && { restartPolicy }),
  };
}
