import type { ContainerUpdateSpec } from "../api/container-update-spec.ts";
import type { ContainerUpdateStatus, UpdateTransaction } from "../api/container-update-status.ts";
import { advised } from "../api/failure.ts";
import { reasonEntry } from "../api/reasons.ts";
import { parseDuration } from "../common/duration.ts";
import { failure, success } from "../common/result.ts";
import { type Recovered, recover } from "../replacement/recover.ts";
import { replace } from "../replacement/replace.ts";
import type { Progress, ReplacementPorts, ReplacementRequest, ReplacementResult } from "../replacement/request.ts";
import { restoreTag } from "../replacement/restore-tag.ts";
import type { HostDaemon } from "./host-daemon.ts";
import { type Journal, storedCause } from "./journal.ts";
import { busyWithAnother } from "./phase-report.ts";
import { planDetails, toRecord } from "./transaction-status.ts";

/** The most interruptions after which an update is started again. */
const MAX_UNDONE = 3;

/** The engine of replacements. Tests pass in another one. */
export interface ReplacementEngine {
  readonly replace: typeof replace;
  readonly recover: typeof recover;
  readonly restoreTag: typeof restoreTag;
}

export const REPLACEMENT_ENGINE: ReplacementEngine = { replace, recover, restoreTag };

export interface Work {
  readonly spec: ContainerUpdateSpec;
  readonly daemon: Pick<HostDaemon, "loginFor">;
  readonly journal: Journal;
  readonly engine: ReplacementEngine;
  /** These do not contain `record`, which the journal provides. */
  readonly ports: Omit<ReplacementPorts, "record">;
  /** Whether another update of this controller has begun this transaction and will finish it itself. */
  readonly isOfAnother: (txn: string) => boolean;
  readonly signal: AbortSignal;
}

/** The result, with the warnings that go into the status. */
export type WorkResult = ReplacementResult & { readonly txn?: string };

/** Finishes or undoes what was left on the daemon, and then carries out the update. */
export async function carryOut(work: Work): Promise<WorkResult> {
  const { transaction, before } = work.journal.status;
  const result = await settleAndReplace(work);
  return transaction !== undefined && hasFailed(result) ? await leaveTag(work, before, result) : result;
}

function hasFailed({ kind }: WorkResult): boolean {
  return kind === "Failed" || kind === "RolledBack" || kind === "Superseded" || kind === "Cancelled";
}

/** An earlier process may have moved the tag, whatever the reason is why the update has failed now. */
async function leaveTag(
  { spec, ports, engine }: Work,
  before: ContainerUpdateStatus["before"],
  result: WorkResult,
): Promise<WorkResult> {
  if (before?.image === undefined) return result;
  const { image, imageID: imageId } = before;
  // The status already says that the update is being carried out.
  const record = async () => success(undefined);
  const restored = await engine.restoreTag(spec, { image, imageId }, { ...ports, record });
  return restored.ok ? result : { kind: "Interrupted", failure: restored.failure };
}

async function settleAndReplace(work: Work): Promise<WorkResult> {
  const { journal } = work;
  const { transaction } = journal.status;
  const undone = transaction?.undone ?? 0;
  const settled = await settleLeftovers(work);
  if (settled !== undefined) {
    if (transaction === undefined || !mayStartAgain(settled, undone)) return settled;
    journal.add({ transaction: { ...transaction, undone: undone + 1 } });
  }
  return await replaceNow(work);
}

/** Whether the update can be started again: it was interrupted before the new container had to prove itself. */
function mayStartAgain(result: ReplacementResult, undone: number): boolean {
  return isUndone(result) && undone < MAX_UNDONE;
}

function isUndone(result: ReplacementResult): boolean {
  return result.kind === "RolledBack" && result.failure.reason === "UpdateUndone";
}

/** How the recovery ended this update, or why the update cannot continue; undefined if it has to be carried out. */
async function settleLeftovers(work: Work): Promise<WorkResult | undefined> {
  const { spec, ports, engine, journal, isOfAnother } = work;
  const own = journal.status.transaction;
  const record = async (progress: Progress) =>
    progress.txn === own?.id ? await journal.record(progress) : success(undefined);
  const stored = toRecord(journal.status, spec.container);
  // Reads the state without changing anything.
  const looked = await engine.recover({ ...ports, record, mayChange: () => false }, stored);
  if (!looked.ok) return { kind: "Interrupted", failure: looked.failure };
  if (looked.value.some(({ txn }) => txn !== own?.id && isOfAnother(txn))) {
    return { kind: "Busy", failure: busyWithAnother("Another update is unfinished on this daemon") };
  }
  if (looked.value.length === 0) return own === undefined ? undefined : reportGone(work, own);
  const recovered = await engine.recover({ ...ports, record }, stored);
  if (!recovered.ok) return { kind: "Interrupted", failure: recovered.failure };
  const blocking = recovered.value.find(({ result }) => result.kind === "Busy" || result.kind === "Interrupted");
  if (blocking !== undefined) return anonymous(blocking);
  const mine = recovered.value.find(({ txn }) => txn === own?.id);
  if (mine === undefined) return undefined;
  return { ...withCause(mine.result, journal), txn: mine.txn };
}

/** The user who has begun it may belong to another tenant. */
function anonymous({ result }: Recovered): WorkResult {
  if (result.kind !== "Busy") return result;
  const problem = "Another program has begun an update on this daemon, which is unfinished";
  return { kind: "Busy", failure: advised("DaemonBusy", problem) };
}

/** If it was being rolled back when it was interrupted, the status has the cause. */
function withCause(result: ReplacementResult, { status }: Journal): ReplacementResult {
  return isUndone(result) ? (storedCause(status) ?? result) : result;
}

/**
 * The daemon shows nothing of a transaction that has begun: the transaction had ended, but its end was not stored. Of one
 * that was cancelled before it created a container, the tag may still have to be moved back.
 */
function reportGone({ journal }: Work, { id: txn, newID }: UpdateTransaction): WorkResult | undefined {
  const cause = storedCause(journal.status);
  if (cause === undefined || (cause.kind === "Cancelled" && newID === undefined)) return undefined;
  return { ...cause, txn };
}

async function replaceNow(work: Work): Promise<WorkResult> {
  const { spec, daemon, ports, engine, journal, signal } = work;
  const login = await daemon.loginFor(spec.image, signal);
  if (!login.ok) {
    // A Secret that is missing may still be created.
    const isWaiting = reasonEntry(login.failure.reason).outcome === "waiting";
    return { kind: isWaiting ? "Interrupted" : "Failed", failure: login.failure };
  }
  const { auth, warning } = login.value;
  // The container that runs now may be the new one, which was started before.
  const isResumed = journal.status.phase === "Verifying";
  const request: ReplacementRequest = {
    container: spec.container,
    image: spec.image,
    digest: spec.digest,
    health: { timeoutMs: ms(spec.health.timeout), stableForMs: ms(spec.health.stableFor) },
    onFailure: spec.onFailure,
    removeOldImage: spec.removeOldImage,
    hooks: spec.hooks,
    ...(spec.replaces !== undefined && !isResumed && { replaces: spec.replaces }),
    ...(auth !== undefined && { registryAuth: auth }),
    ...(journal.status.transaction !== undefined && { isResumed: true }),
  };
  let txn: string | undefined;
  const record = async (progress: Progress) => {
    txn = progress.txn;
    if (signal.aborted) return failure(advised("UpdateInterrupted", "The update took too long"));
    return await journal.record(progress);
  };
  const result = await engine.replace(request, { ...ports, record }, async (plan) => {
    if (!isResumed) journal.add(planDetails(plan, warning === undefined ? [] : [warning]));
  });
  return { ...result, ...(txn !== undefined && { txn }) };
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0;
}
