import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { hookWarnings, removeOldImage, removeSecondName, restartOthers, runHooks } from "./aftermath.ts";
import { findBusy } from "./busy.ts";
import type { HookName } from "./hook-labels.ts";
import { provideImage } from "./image.ts";
import { moveTagBack } from "./moved-tag.ts";
import type { Member } from "./next-step.ts";
import { type PreparedPlan, preparePlan, type ReplacementPlan } from "./plan.ts";
import { begin, ownsTag, plannedOf, tagOfPlan } from "./planned-transaction.ts";
import { repeat } from "./repeat.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementRequest, ReplacementResult } from "./request.ts";
import { type Settlement, settle } from "./settle.ts";
import { TiesCache } from "./ties.ts";
import type { Transaction } from "./transaction.ts";
import { newTransactionId, readLabel } from "./transaction-label.ts";
import { endUntouched, notBegun } from "./untouched.ts";

/** A plan that is older than this is made again before anything is touched: a pull or a hook may take an hour. */
const PLAN_IS_OLD_MS = 5_000;

/** Returns what an update would do. Only reads; fails with the reason why the update would not be done. */
export async function planReplacement(
  request: ReplacementRequest,
  ports: ReplacementPorts,
): Promise<Outcome<ReplacementPlan>> {
  using connection = new ReplacementConnection(ports);
  return await prepare(connection, request, ports);
}

/**
 * Replaces a container with the same one on another image, and always leaves a working one behind. `onPlan` receives
 * what will be done before anything is changed. Unfinished transactions of the same owner must have been recovered
 * before.
 */
export async function replace(
  request: ReplacementRequest,
  ports: ReplacementPorts,
  onPlan: (plan: ReplacementPlan) => Promise<void> = async () => {},
): Promise<ReplacementResult> {
  using connection = new ReplacementConnection(ports);
  const prepared = await prepare(connection, request, ports);
  if (!prepared.ok) return notBegun(afterBegin(prepared.failure, request));
  const plannedAt = ports.clock.monotonic();
  let plan = prepared.value;
  await onPlan(plan);
  const txn = newTransactionId(mainId(plan), request.digest, ports);
  const preparing = begin(txn, plan, undefined, request, connection, ports);
  if (plan.isUpToDate) return await endAgain(preparing, plan, request);
  const provided = await provideImage(preparing, plan, request, ports);
  if (provided.kind === "stop") return { kind: "Interrupted", failure: provided.failure };
  if (provided.kind !== "done") return await endUntouched(preparing, provided.failure);
  const wanted = provided.value;
  const undo = async (transaction: Transaction) => {
    const ids = { from: wanted.id, to: prepared.value.before.imageId };
    // Even if somebody else has moved the name, it must not stay with an image that has just failed.
    const isMoved = wanted.isMoved || (transaction.isTouched && ownsTag(plan));
    await moveTagBack(transaction, isMoved ? tagOfPlan(plan) : undefined, ids);
  };
  const labelsOf = async (member: Member) => success(plannedOf(plan, member)?.container.Config.Labels ?? {});
  const hooks = async (transaction: Transaction, name: HookName) =>
    request.hooks === "Labels" ? await runHooks(transaction, name, labelsOf, ports) : undefined;
  const hooked = await hooks(preparing, "pre-update");
  if (hooked !== undefined) {
    if (hooked.kind === "stop") return { kind: "Interrupted", failure: hooked.failure };
    await undo(preparing);
    return await endUntouched(preparing, hooked.failure);
  }
  if (ports.clock.monotonic() - plannedAt >= PLAN_IS_OLD_MS) {
    const again = await planAgain(plan, connection, request, ports);
    if (!again.ok) {
      await undo(preparing);
      return await endUntouched(preparing, again.failure);
    }
    plan = again.value;
    await onPlan(plan);
  }
  const transaction = begin(txn, plan, wanted, request, connection, ports);
  const created = await transaction.create();
  if (created.kind === "stop") return { kind: "Interrupted", failure: created.failure };
  const settlement: Settlement = {
    onFailure: request.onFailure,
    afterwards: async () => {
      const ended = await hooks(transaction, "post-update");
      const warnings = [...hookWarnings(ended), ...(await restartOthers(transaction, plan.restarts, ports))];
      // Once the old container is removed, nothing shows that this has to be done.
      await removeSecondName(transaction, wanted.secondName);
      return warnings;
    },
    undo: () => undo(transaction),
  };
  const settled =
    created.kind === "end"
      ? await settle(transaction, "forward", settlement)
      : await settle(transaction, "back", settlement, created.failure);
  if (settled.kind !== "Succeeded") return settled;
  const cleaned = request.removeOldImage ? await removeOldImage(transaction, plan.before.imageId) : [];
  const { downtimeMs } = transaction;
  return {
    kind: "Succeeded",
    before: plan.before.imageId,
    after: wanted.id,
    ...(downtimeMs !== undefined && { downtimeMs }),
    warnings: [...settled.warnings, ...cleaned],
  };
}

/**
 * An update that was interrupted right before its end may still have to start the new container, if somebody had removed
 * the old one, and to remove the image from before it.
 */
async function endAgain(
  transaction: Transaction,
  { members: [main] }: PreparedPlan,
  { removeOldImage: isWanted }: ReplacementRequest,
): Promise<ReplacementResult> {
  const label = readLabel(main?.container.Config.Labels ?? {});
  if (main !== undefined && label?.wasRunning === true && main.container.State.Status === "created") {
    const started = await repeat(transaction, "Verifying", "StartNew", ({ changes }) =>
      changes.start(main.container.Id),
    );
    if (started.kind === "refused") return { kind: "Failed", failure: started.failure };
    if (started.kind !== "done") return { kind: "Interrupted", failure: started.failure };
  }
  if (isWanted && label?.removeOldImage === true) await removeOldImage(transaction, label.oldImageId);
  return { kind: "UpToDate" };
}

/** Makes the plan again for the same container, which somebody may have changed while its image was pulled. */
async function planAgain(
  plan: PreparedPlan,
  connection: ReplacementConnection,
  request: ReplacementRequest,
  ports: ReplacementPorts,
): Promise<Outcome<PreparedPlan>> {
  const again = await prepare(connection, request, ports);
  const isAnother = again.ok && mainId(again.value) !== mainId(plan);
  if (isAnother) return failure(gone(request));
  return again.ok ? again : failure(afterBegin(again.failure, { ...request, isResumed: true }));
}

/** The container existed when the update began. */
function afterBegin(failed: Failure, request: ReplacementRequest): Failure {
  return request.isResumed === true && failed.reason === "ContainerNotFound" ? gone(request) : failed;
}

function gone({ container }: ReplacementRequest): Failure {
  return advised("UpdateSuperseded", `Somebody replaced or removed container ${container} meanwhile`);
}

function mainId({ members: [main] }: PreparedPlan): string {
  return main?.container.Id ?? "";
}

/** Looks for unfinished transactions first: nothing new begins while there is one. */
async function prepare(
  connection: ReplacementConnection,
  request: ReplacementRequest,
  ports: ReplacementPorts,
): Promise<Outcome<PreparedPlan>> {
  return await connection.read(async (access) => {
    const listed = await access.details.listContainers();
    if (!listed.ok) return listed;
    const busy = await findBusy(access, listed.value);
    if (!busy.ok) return busy;
    return await preparePlan(access, request, ports.engine, listed.value, ports.ties ?? new TiesCache());
  });
}
