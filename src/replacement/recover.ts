import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { hookWarnings, removeOldImage, removeSecondName, restartOthers, runHooks } from "./aftermath.ts";
import { undone } from "./failures.ts";
import type { Labels } from "./hook-labels.ts";
import { digestNameOf } from "./image.ts";
import { isUp } from "./is-up.ts";
import { moveTagBack } from "./moved-tag.ts";
import { type Direction, directionOf, type Member } from "./next-step.ts";
import { findTransactions, observe } from "./observe.ts";
import { stopMsOf } from "./plan.ts";
import { ownName } from "./refusals.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementResult, TransactionRecord } from "./request.ts";
import { type Settlement, settle } from "./settle.ts";
import { Transaction } from "./transaction.ts";
import { isForeign, isOfLaterTerm, type TransactionLabel } from "./transaction-label.ts";

/** The result for a transaction that was found unfinished. */
export interface Recovered {
  readonly txn: string;
  /** The name of the main container. */
  readonly container: string;
  readonly owner?: string;
  readonly result: ReplacementResult;
}

/** Used if the new container is gone, and with it what it had to prove: then nothing is verified. */
const NO_PROOF = { imageId: "", healthTimeoutMs: 0, stableForMs: 0 };

/**
 * Finishes or undoes what another process, or an earlier run of this one, has left unfinished on a daemon. Every caller
 * that may change a daemon calls this before it starts anything new there. Transactions of other owners are reported as
 * Busy.
 * @param stored what was stored about the transaction of the caller, if it began one
 */
export async function recover(
  ports: ReplacementPorts,
  stored?: TransactionRecord,
): Promise<Outcome<readonly Recovered[]>> {
  using connection = new ReplacementConnection(ports);
  const found = await connection.read(async (access) => {
    const listed = await access.details.listContainers();
    if (!listed.ok) return listed;
    const unfinished: Unfinished[] = [];
    for (const { txn, remembered, labels } of findTransactions(listed.value, stored)) {
      const members = await observe(access, txn, remembered, listed.value);
      if (!members.ok) return members;
      const isGoingBack = txn === stored?.txn && stored.phase === "RollingBack";
      const direction = directionOf(members.value, isGoingBack);
      if (direction === undefined) continue;
      const why = undone(isGoingBack || members.value.some(({ new: { place } }) => place === "failed"));
      const restarting = txn === stored?.txn ? (stored.restarting ?? []) : undefined;
      unfinished.push({ txn, members: members.value, labels, direction, why, restarting });
    }
    return success(unfinished);
  });
  if (!found.ok) return found;
  const recovered: Recovered[] = [];
  for (const each of found.value) {
    const container = each.members[0]?.name ?? "";
    const result = await finish(each, connection, ports);
    const [label] = each.labels.values();
    recovered.push({ txn: each.txn, container, ...(label !== undefined && { owner: label.owner }), result });
    if (result.kind === "Interrupted") break;
  }
  return success(recovered);
}

interface Unfinished {
  readonly txn: string;
  readonly members: readonly Member[];
  readonly labels: ReadonlyMap<string, TransactionLabel>;
  readonly direction: Direction;
  /** Why it is undone, unless it is finished. */
  readonly why: Failure;
  /** Containers whose restart was begun; if nothing was stored, it may have been that of any. */
  readonly restarting: readonly string[] | undefined;
}

async function finish(
  { txn, members, labels, direction, why, restarting }: Unfinished,
  connection: ReplacementConnection,
  ports: ReplacementPorts,
): Promise<ReplacementResult> {
  const label = labels.get(members[0]?.old.id ?? "") ?? labels.values().next().value;
  if (label !== undefined && isForeign(label, ports.writer)) {
    const problem = `An update of container ${label.name} is unfinished on this daemon, begun by ${label.owner}`;
    return { kind: "Busy", failure: advised("DaemonBusy", problem) };
  }
  if (label !== undefined && isOfLaterTerm(label, ports.writer)) {
    const problem = `A later leader has begun an update of container ${label.name}`;
    return { kind: "Interrupted", failure: advised("LeadershipLost", problem) };
  }
  const proof = ({ old, wasRunning }: Member) => ({ wasRunning, ...(labels.get(old.id) ?? NO_PROOF) });
  const transaction = new Transaction({
    ports,
    connection,
    txn,
    members,
    proof,
    restarting: restarting ?? label?.restarts ?? [],
  });
  const settlement: Settlement = {
    onFailure: label?.onFailure ?? "RollBack",
    afterwards: async () => {
      const ended =
        label?.hooks === true ? await runHooks(transaction, "post-update", labelsOf(connection), ports) : undefined;
      const restarts = await restartsOf(label?.restarts ?? [], connection);
      const warnings = [...hookWarnings(ended), ...(await restartOthers(transaction, restarts, ports))];
      await removeSecondName(transaction, await secondNameOf(label, connection));
      return warnings;
    },
    undo: async () => {
      const ids = { from: label?.imageId ?? "", to: label?.oldImageId ?? "" };
      await moveTagBack(transaction, label?.movedTag, ids);
      // Only once the new container runs, dependants are stopped for their restart.
      if (!transaction.members.some(({ new: { wasStarted } }) => wasStarted)) return;
      const stopped = (await restartsOf(label?.restarts ?? [], connection)).filter(({ isUp }) => !isUp);
      await restartOthers(transaction, stopped, ports, "RollingBack");
    },
  };
  const settled = await settle(transaction, direction, settlement, why);
  if (settled.kind !== "Succeeded") return settled;
  const before = label?.oldImageId ?? "";
  const cleaned = label?.removeOldImage === true ? await removeOldImage(transaction, before) : [];
  return { ...settled, before, after: label?.imageId ?? "", warnings: [...settled.warnings, ...cleaned] };
}

/** Of the new image, if the update gave it the tag. */
async function secondNameOf(
  label: TransactionLabel | undefined,
  connection: ReplacementConnection,
): Promise<string | undefined> {
  if (label?.movedTag === undefined) return undefined;
  const image = await connection.read(({ details }) => details.inspectImage(label.imageId));
  return image.ok && image.value !== undefined ? digestNameOf(image.value, label.movedTag.name) : undefined;
}

/** The labels of the new container, which contain its hooks. */
function labelsOf(connection: ReplacementConnection) {
  return async (member: Member): Promise<Outcome<Labels>> => {
    const inspected = await connection.read(({ details }) => details.inspectContainer(member.new.id));
    return inspected.ok ? success(inspected.value?.Config.Labels ?? {}) : inspected;
  };
}

/** Those that still exist. All of them ran when the update began. */
async function restartsOf(ids: readonly string[], connection: ReplacementConnection) {
  const restarts: { id: string; name: string; stopMs: number; isUp: boolean }[] = [];
  for (const id of ids) {
    const inspected = await connection.read(({ details }) => details.inspectContainer(id));
    if (!inspected.ok || inspected.value === undefined) continue;
    const { State } = inspected.value;
    restarts.push({
      id,
      name: ownName(inspected.value),
      stopMs: stopMsOf(inspected.value),
      isUp: isUp(State.Status),
    });
  }
  return restarts;
}
