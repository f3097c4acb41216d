import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { ListedDetails } from "../docker/engine-details.ts";
import { directionOf } from "./next-step.ts";
import { findTransactions, observe } from "./observe.ts";
import type { EngineAccess } from "./request.ts";

/**
 * Fails with DaemonBusy while any transaction is unfinished, whatever its owner.
 * @param own the id of the caller's own transaction
 */
export async function findBusy(
  access: Pick<EngineAccess, "details">,
  listed: readonly ListedDetails[],
  own?: string,
): Promise<Outcome<void>> {
  for (const { txn, remembered, labels } of findTransactions(listed)) {
    if (txn === own) continue;
    const members = await observe(access, txn, remembered, listed);
    if (!members.ok) return members;
    if (directionOf(members.value) === undefined) continue;
    const [label] = labels.values();
    const owner = label === undefined ? "" : `, begun by ${label.owner}`;
    const problem = `An update of container ${members.value[0]?.name ?? ""} is unfinished on this daemon${owner}`;
    return failure(advised("DaemonBusy", problem));
  }
  return success(undefined);
}
