import type { Outcome } from "../api/failure.ts";
import { heldPolicy, needsHold, type Step } from "./next-step.ts";
import type { EngineAccess } from "./request.ts";
import { placeName } from "./transaction-label.ts";

/** Sends the one request of a step. The creation of a container needs several, and is not among these steps. */
export function sendStep(
  changes: EngineAccess["changes"],
  txn: string,
  { step, member }: Step,
  stopMs: number,
): Promise<Outcome<void>> {
  const { name, old, new: fresh, restartPolicy } = member;
  switch (step) {
    case "HoldPolicy":
      return changes.setRestartPolicy(old.id, heldPolicy(member));
    case "RestorePolicy":
      return changes.setRestartPolicy(old.id, restartPolicy ?? { Name: "no" });
    case "HoldNew":
      return changes.setRestartPolicy(fresh.id, { Name: "no" });
    case "FreeNew":
      return changes.setRestartPolicy(fresh.id, restartPolicy ?? { Name: "no" });
    case "StopOld":
      return changes.stop(old.id, stopMs);
    case "StopNew":
      return changes.stop(fresh.id, stopMs);
    case "RenameOld":
      return changes.rename(old.id, placeName(name, txn, "old", needsHold(member) ? restartPolicy : undefined));
    case "KeepOld":
      return changes.rename(old.id, placeName(name, txn, "kept"));
    case "RenameBack":
      return changes.rename(old.id, name);
    case "RenameNew":
      return changes.rename(fresh.id, name);
    case "SetAside":
      return changes.rename(fresh.id, placeName(name, txn, "failed"));
    case "StartNew":
      return changes.start(fresh.id);
    case "StartOld":
      return changes.start(old.id);
    case "RemoveOld":
      return changes.remove(old.id);
    case "RemoveNew":
      return changes.remove(fresh.id);
    case "Create":
      throw new Error("a container is created with its networks");
  }
}
