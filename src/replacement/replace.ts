import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { familiarName, tagOf } from "../registry/reference.ts";
import { hookWarnings, moveTagBack, removeOldImage, removeSecondName, restartOthers, runHooks } from "./aftermath.ts";
import { findBusy } from "./busy.ts";
import { COMPOSE_IMAGE_LABEL } from "./drift.ts";
import { createWithName } from "./held-name.ts";
import type { HookName } from "./hook-labels.ts";
import { provideImage, type WantedImage } from "./image.ts";
import { isUp } from "./is-up.ts";
import type { Member } from "./next-step.ts";
import { isCreatedFrom, type PlannedMember, type PreparedPlan, preparePlan, type ReplacementPlan } from "./plan.ts";
import { type Recreation, recreate } from "./recreate.ts";
import { ownName } from "./refusals.ts";
import { repeat } from "./repeat.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementRequest, ReplacementResult } from "./request.ts";
import { type Settlement, settle } from "./settle.ts";
import { TiesCache } from "./ties.ts";
import { Transaction } from "./transaction.ts";
import { LABEL, newTransactionId, readLabel, writeLabel } from "./transaction-label.ts";

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
  if (provided.kind !== "done") return notBegun(provided.failure);
  const wanted = provided.value;
  const undo = (transaction: Transaction) => {
    const ids = { from: wanted.id, to: prepared.value.before.imageId };
    // Even if somebody else has moved the name, it must not stay with an image that has just failed.
    const isMoved = wanted.isMoved || (transaction.isTouched && ownsTag(plan));
    return moveTagBack(transaction, isMoved ? tagOfPlan(plan) : undefined, ids);
  };
  const labelsOf = async (member: Member) => success(plannedOf(plan, member)?.container.Config.Labels ?? {});
  const hooks = async (transaction: Transaction, name: HookName) =>
    request.hooks === "Labels" ? await runHooks(transaction, name, labelsOf, ports) : undefined;
  const hooked = await hooks(preparing, "pre-update");
  if (hooked !== undefined) {
    if (hooked.kind === "stop") return { kind: "Interrupted", failure: hooked.failure };
    await undo(preparing);
    return notBegun(hooked.failure);
  }
  if (ports.clock.monotonic() - plannedAt >= PLAN_IS_OLD_MS) {
    const again = await planAgain(plan, connection, request, ports);
    if (!again.ok) {
      await undo(preparing);
      return notBegun(again.failure);
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

/** @param wanted undefined while the image is provided, when no container is created */
function begin(
  txn: string,
  plan: PreparedPlan,
  wanted: WantedImage | undefined,
  request: ReplacementRequest,
  connection: ReplacementConnection,
  ports: ReplacementPorts,
): Transaction {
  return new Transaction({
    ports,
    connection,
    txn,
    members: plan.members.map(toMember),
    proof: (member) => ({
      wasRunning: member.wasRunning,
      imageId: imageIdOf(plannedOf(plan, member), wanted),
      ...request.health,
      healthTimeoutMs: request.health.timeoutMs,
    }),
    recreate: (member, newIds) => recreateMember(txn, plan, member, newIds, request, ports, wanted),
    aroundCreate: (transaction, member, create) => {
      const planned = plannedOf(plan, member);
      if (planned?.lostName === undefined) return create();
      return createWithName(transaction, planned.lostName, planned.container.Image, create);
    },
    stopMs: (member) => plannedOf(plan, member)?.stopMs,
  });
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

function notBegun(reason: Failure): ReplacementResult {
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

function toMember({ container }: PlannedMember, index: number): Member {
  const { Name, MaximumRetryCount } = container.HostConfig.RestartPolicy ?? { Name: "no" };
  return {
    name: ownName(container),
    main: index === 0,
    wasRunning: isUp(container.State.Status),
    restartPolicy: { Name: Name || "no", ...(MaximumRetryCount ? { MaximumRetryCount } : {}) },
    old: { id: container.Id, place: "name", isUp: isUp(container.State.Status), isHeld: false },
    new: { id: "", place: "none", isUp: false, wasStarted: false, isHeld: false },
  };
}

/** The image that a new container has to run. */
function imageIdOf(planned: PlannedMember | undefined, wanted: WantedImage | undefined): string {
  return (planned?.takesImage === true ? wanted?.id : planned?.container.Image) ?? "";
}

function plannedOf(plan: PreparedPlan, { old }: Member): PlannedMember | undefined {
  return plan.members.find(({ container }) => container.Id === old.id);
}

/** The main container on the wanted image, its dependants on the image that they have. */
function recreateMember(
  txn: string,
  plan: PreparedPlan,
  member: Member,
  newIds: ReadonlyMap<string, string>,
  request: ReplacementRequest,
  { engine, writer: { owner, lease, term } }: ReplacementPorts,
  wanted: WantedImage | undefined,
): Outcome<Recreation> {
  const planned = plannedOf(plan, member);
  if (planned === undefined) throw new Error("only planned containers are created");
  const { container, oldImage } = planned;
  const recreated = recreate(container, {
    // A dependant keeps the name of its image. It also keeps the image, unless the update moves that very name.
    oldImage,
    image: member.main ? request.image : container.Config.Image,
    apiVersion: engine.apiVersion,
    engine,
    newIds,
    containers: plan.known,
  });
  if (!recreated.ok) return recreated;
  const imageId = imageIdOf(planned, wanted);
  const { Labels, ...body } = recreated.value.body;
  const labels: Record<string, unknown> = {
    ...(typeof Labels === "object" ? Labels : {}),
    [LABEL]: writeLabel({
      txn,
      owner,
      lease,
      term,
      main: member.main,
      name: member.name,
      replaces: member.old.id,
      wasRunning: member.wasRunning,
      restartPolicy: member.restartPolicy ?? { Name: "no" },
      imageId,
      oldImageId: container.Image,
      healthTimeoutMs: request.health.timeoutMs,
      stableForMs: request.health.stableForMs,
      onFailure: request.onFailure,
      ...(member.main && (wanted?.isMoved || ownsTag(plan)) && { movedTag: tagOfPlan(plan) }),
      restarts: member.main ? plan.restarts.map(({ id }) => id).slice(0, 100) : [],
      ...(request.hooks === "Labels" && { hooks: true }),
      ...(request.removeOldImage && { removeOldImage: true }),
    }),
  };
  if (Object.hasOwn(container.Config.Labels ?? {}, COMPOSE_IMAGE_LABEL)) labels[COMPOSE_IMAGE_LABEL] = imageId;
  return success({ ...recreated.value, body: { ...body, Labels: labels } });
}

/** Whether the old container was created from the name that the update moves. */
function ownsTag({ reference, members: [main] }: PreparedPlan): boolean {
  return main !== undefined && isCreatedFrom(reference, main.container);
}

function tagOfPlan({ reference }: PreparedPlan) {
  return { name: familiarName(reference), tag: tagOf(reference) };
}
