import { advised, type Failure, problemOf } from "../api/failure.ts";
import { displaced, newRemoved, notStarted, superseded, undone } from "./failures.ts";
import { type Direction, hasEnded, isLeft } from "./next-step.ts";
import type { ReplacementResult } from "./request.ts";
import type { Transaction } from "./transaction.ts";
import { placeName } from "./transaction-label.ts";

/** What happens around the steps of a transaction. */
export interface Settlement {
  readonly onFailure: "RollBack" | "Keep";
  /**
   * Called after the new container has proved itself, while the old one still exists; its failures are only reported.
   */
  readonly afterwards: () => Promise<readonly string[]>;
  /** Called after the old container is back, while the new one still shows what it was created from. */
  readonly undo: () => Promise<void>;
}

type Settled =
  | { readonly kind: "Succeeded"; readonly warnings: readonly string[] }
  | Exclude<ReplacementResult, { readonly kind: "Succeeded" | "UpToDate" }>;

/** Takes a transaction from a direction to its end: a working new container, or the old one as it was. */
export async function settle(
  transaction: Transaction,
  direction: Direction,
  settlement: Settlement,
  why?: Failure,
): Promise<Settled> {
  if (direction === "stay") return await stay(transaction, settlement, why ?? undone());
  if (direction === "back") return await goBack(transaction, settlement, why ?? undone());
  if (direction === "forward") {
    const arrived = await transaction.run("forward");
    if (arrived.kind === "stop") return { kind: "Interrupted", failure: arrived.failure };
    const proved = arrived.kind === "end" ? await transaction.verify() : arrived;
    if (proved.kind === "stop") return { kind: "Interrupted", failure: proved.failure };
    if (proved.kind === "refused") return await refuse(transaction, settlement, proved.failure);
  }
  const warnings = direction === "forward" ? await settlement.afterwards() : [];
  const finished = await transaction.run("finish");
  if (finished.kind === "stop") return { kind: "Interrupted", failure: finished.failure };
  if (finished.kind === "end") {
    const missing = transaction.members.find(({ old }) => old.place === "old");
    if (missing !== undefined) return await refuse(transaction, settlement, newRemoved(missing.name));
    return { kind: "Succeeded", warnings };
  }
  if (transaction.members.some(hasEnded)) return await refuse(transaction, settlement, finished.failure);
  return {
    kind: "Succeeded",
    warnings: [...warnings, `The old container could not be removed: ${problemOf(finished.failure)}`],
  };
}

async function refuse(transaction: Transaction, settlement: Settlement, failed: Failure): Promise<Settled> {
  if (transaction.members.some(({ old, new: fresh }) => old.place === "gone" && fresh.place === "name")) {
    return await stay(transaction, settlement, failed);
  }
  const isCancelled = failed.reason === "UpdateCancelled";
  const hasName = transaction.members.every((member) => member.new.place === "name");
  if (settlement.onFailure !== "Keep" || isCancelled || !hasName) return await goBack(transaction, settlement, failed);
  transaction.because = failed;
  const kept = await transaction.run("keep");
  if (kept.kind === "stop") return { kind: "Interrupted", failure: kept.failure };
  if (kept.kind === "refused") return await goBack(transaction, settlement, failed);
  return { kind: "Kept", failure: failed };
}

/** Without the old container, the new one is better than none. */
async function stay(transaction: Transaction, settlement: Settlement, failed: Failure): Promise<Settled> {
  for (const direction of ["stay", "clear"] as const) {
    const arrived = await transaction.run(direction);
    if (arrived.kind === "stop") return { kind: "Interrupted", failure: arrived.failure };
    // The old main container may be back, and only a dependant's may be gone.
    if (direction === "stay" && transaction.members.some(({ main, old }) => main && old.place === "name"))
      await settlement.undo();
  }
  const problem = `${problemOf(failed)}; somebody removed the old container during the update`;
  return { kind: "Failed", failure: await stuck(transaction, problem) };
}

async function goBack(transaction: Transaction, settlement: Settlement, failed: Failure): Promise<Settled> {
  let failure = transaction.isSuperseded() ? superseded(transaction.members) : failed;
  transaction.because = failure;
  let arrived = await transaction.run("back");
  if (arrived.kind === "refused" && arrived.failure.reason === "ContainerNameTaken") {
    failure = nameTaken(transaction);
    transaction.because = failure;
    const kept = await transaction.run("keep");
    arrived = kept.kind === "end" ? await transaction.run("back") : kept;
  }
  if (arrived.kind === "stop") return { kind: "Interrupted", failure: arrived.failure };
  if (transaction.isRemovedAside && transaction.members.some(isLeft))
    return await stay(transaction, settlement, failed);
  if (arrived.kind === "refused") {
    return { kind: "Failed", failure: await stuck(transaction, problemOf(arrived.failure)) };
  }
  await settlement.undo();
  const cleared = await transaction.run("clear");
  if (cleared.kind === "stop") return { kind: "Interrupted", failure: cleared.failure };
  if (cleared.kind === "refused") {
    return { kind: "Failed", failure: await stuck(transaction, problemOf(cleared.failure)) };
  }
  const looked = await transaction.look();
  if (looked.kind === "stop") return { kind: "Interrupted", failure: looked.failure };
  if (transaction.isTouched) {
    // The daemon may have restarted on the way without a lost answer, and with the held policy left the old one stopped.
    const again = await transaction.run("back");
    if (again.kind === "stop") return { kind: "Interrupted", failure: again.failure };
    if (again.kind === "refused")
      return { kind: "Failed", failure: await stuck(transaction, problemOf(again.failure)) };
  }
  // Somebody may have removed or renamed it on the way.
  if (transaction.isSuperseded()) failure = superseded(transaction.members);
  failure = notStarted(failure, transaction.unstartable);
  if (failure.reason === "DaemonBusy") return { kind: "Busy", failure };
  if (failure.reason === "UpdateSuperseded") return { kind: "Superseded", failure };
  if (failure.reason === "UpdateCancelled") return { kind: "Cancelled", failure };
  const isUndone = transaction.isTouched || failure.reason === "UpdateUndone";
  return isUndone ? { kind: "RolledBack", failure } : { kind: "Failed", failure };
}

function nameTaken({ members, txn }: Transaction): Failure {
  const name = members.find(({ old }) => old.place === "old")?.name ?? "";
  return displaced(name, placeName(name, txn, "kept"));
}

async function stuck(transaction: Transaction, problem: string): Promise<Failure> {
  await transaction.look();
  const left = transaction.members.map(({ name, old, new: fresh }) => {
    const containers = [
      ...(old.place === "gone" ? [] : [`the old one (${old.id.slice(0, 12)}, ${old.isUp ? "running" : "stopped"})`]),
      ...(fresh.id === "" ? [] : [`the new one (${fresh.id.slice(0, 12)}, ${fresh.isUp ? "running" : "stopped"})`]),
    ];
    return `of ${name} there are ${containers.length === 0 ? "none" : containers.join(" and ")}`;
  });
  return advised("RollbackFailed", `${problem}; ${left.join(", ")}`);
}
