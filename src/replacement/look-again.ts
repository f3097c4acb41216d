import type { Outcome } from "../api/failure.ts";
import { failure } from "../common/result.ts";
import { taken } from "./failures.ts";
import type { Member } from "./next-step.ts";
import { findTransactions, observe } from "./observe.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { Writer } from "./request.ts";
import { isForeign, isOfLaterTerm } from "./transaction-label.ts";

/** Reads the state of all members again. Fails if another process has taken over the transaction. */
export async function lookAgain(
  connection: Pick<ReplacementConnection, "read">,
  txn: string,
  members: readonly Member[],
  writer: Writer,
): Promise<Outcome<readonly Member[]>> {
  const remembered = members.map(({ old, ...member }) => ({ ...member, oldId: old.id }));
  return await connection.read(async (access) => {
    const listed = await access.details.listContainers();
    if (!listed.ok) return listed;
    const shown = findTransactions(listed.value).find((each) => each.txn === txn);
    const isTaken = [...(shown?.labels.values() ?? [])].some(
      (label) => isForeign(label, writer) || isOfLaterTerm(label, writer),
    );
    return isTaken ? failure(taken()) : await observe(access, txn, remembered, listed.value);
  });
}
