import type { Failure } from "../api/failure.ts";
import { superseded } from "./failures.ts";
import type { ReplacementResult } from "./request.ts";
import type { Transaction } from "./transaction.ts";

/**
 * How an update ends that has a plan but has touched no container. If somebody has removed or renamed one of them
 * meanwhile, that is the reason.
 */
export async function endUntouched(transaction: Transaction, failed: Failure): Promise<ReplacementResult> {
  const looked = await transaction.look();
  if (looked.kind === "stop") return { kind: "Interrupted", failure: looked.failure };
  return notBegun(transaction.isSuperseded() ? superseded(transaction.members) : failed);
}

export function notBegun(reason: Failure): ReplacementResult {
  switch (reason.reason) {
    case "DaemonBusy":
      return { kind: "Busy", failure: reason };
    case "UpdateSuperseded":
      return { kind: "Superseded", failure: reason };
    case "UpdateCancelled":
      return { kind: "Cancelled", failure: reason };
    case "UpdateInterrupted":
      return { kind: "Interrupted", failure: reason };
    default:
      return { kind: "Failed", failure: reason };
  }
}
