import type { ContainerUpdateSpec } from "../api/container-update-spec.ts";
import type { Failure } from "../api/failure.ts";
import { formatDuration } from "../common/duration.ts";
import type { ReplacementResult } from "../replacement/request.ts";
import { placeName } from "../replacement/transaction-label.ts";
import { type PhaseReport, reportOf } from "./phase-report.ts";

type Ended = Exclude<ReplacementResult, { readonly kind: "Busy" | "Interrupted" }>;

/**
 * How an update has ended.
 * @param txn of its transaction, which a kept container has in its name
 */
export function reportEnd(spec: ContainerUpdateSpec, result: Ended, txn: string | undefined): PhaseReport {
  const { container, digest } = spec;
  switch (result.kind) {
    case "Succeeded":
      return succeeded(`Container ${container} runs ${digest}`);
    case "UpToDate":
      return succeeded(`Container ${container} already runs ${digest}, and nothing was changed`);
    case "RolledBack":
      return reportOf("RolledBack", "ended", words("The old container is back as it was", result.failure));
    case "Kept": {
      const kept = placeName(container, txn ?? "", "kept");
      const problem = `The new container failed and was kept; the old one is stopped under the name ${kept}`;
      return reportOf("Failed", "ended", words(problem, result.failure));
    }
    case "Failed": {
      const isStuck = result.failure.reason === "RollbackFailed";
      const problem = isStuck ? "The old container could not be put back" : "Nothing was changed";
      return reportOf("Failed", "ended", words(problem, result.failure));
    }
    case "Superseded":
      return reportOf("Superseded", "ended", result.failure);
    case "Cancelled":
      return reportOf("Cancelled", "ended", words("The old container is as it was", result.failure));
  }
}

/** Rounds the time, because microseconds are of no interest: `1.8s`, `2m4s`. */
export function downtimeText(ms: number): string {
  const tenths = Math.round(ms / 100);
  return tenths >= 600 ? formatDuration(Math.round(ms / 1_000) * 1_000) : `${(tenths / 10).toString()}s`;
}

function succeeded(message: string): PhaseReport {
  return { phase: "Succeeded", state: "succeeded", reason: "UpdateSucceeded", message };
}

function words(end: string, { reason, message }: Failure): Failure {
  return { reason, message: `${end}. ${message}` };
}
