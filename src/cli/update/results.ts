import type { Failure } from "../../api/failure.ts";
import type { Surface } from "../../api/surface.ts";
import { downtimeText } from "../../containerupdate/outcome.ts";
import type { ReplacementResult } from "../../replacement/request.ts";
import { placeName } from "../../replacement/transaction-label.ts";
import { shortDigest } from "../../views/short-digest.ts";
import { EXIT } from "../exit-codes.ts";
import { failureText } from "./failure-text.ts";
import type { Target } from "./targets.ts";

/**
 * How an update ended, in one sentence or two.
 * @param txn of its transaction, which a kept container has in its name
 * @param hosts how the host is described
 */
export function resultText(
  { container, digest }: Target,
  result: ReplacementResult,
  txn: string,
  hosts: Surface,
): string {
  const words = ({ failure }: { readonly failure: Failure }) => failureText(failure, hosts);
  switch (result.kind) {
    case "Succeeded": {
      const { downtimeMs } = result;
      const down = downtimeMs === undefined ? "" : `, and was down for ${downtimeText(downtimeMs)}`;
      return `${container} now runs ${shortDigest(digest)}${down}.`;
    }
    case "UpToDate":
      return `${container} already runs ${shortDigest(digest)}; nothing was changed.`;
    case "RolledBack":
      return `${container} was not updated, and the old container is back as it was. ${words(result)}`;
    case "Kept":
      return `${container} was not updated: the new container failed and was kept for a look; the old one is stopped under the name ${placeName(container, txn, "kept")}. ${words(result)}`;
    case "Cancelled":
      return `${container} was not updated, and the old container is as it was. ${words(result)}`;
    case "Failed":
      return result.failure.reason === "RollbackFailed"
        ? `${container} was not updated, and could not be put back. ${words(result)}`
        : `${container} was not updated, and nothing was changed. ${words(result)}`;
    case "Superseded":
    case "Busy":
      return `${container} was not updated. ${words(result)}`;
    case "Interrupted":
      return `The update of ${container} is unfinished. ${words(result)}`;
  }
}

/** Whether the run must not try anything else on this host. */
export function endsTheRun(result: ReplacementResult): boolean {
  if (result.kind === "Failed") return result.failure.reason === "RollbackFailed";
  return result.kind === "Busy" || result.kind === "Interrupted" || result.kind === "Cancelled";
}

export function exitCode(kinds: readonly (ReplacementResult["kind"] | "NotBegun")[]): number {
  const bad = kinds.filter((kind) => kind !== "Succeeded" && kind !== "UpToDate");
  if (bad.length === 0) return EXIT.ok;
  return bad.every((kind) => kind === "RolledBack") ? EXIT.rolledBack : EXIT.notReady;
}
