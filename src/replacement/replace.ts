import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { ListedDetails } from "../docker/engine-details.ts";
import { familiarName, tagOf } from "../registry/reference.ts";
import { hookWarnings, moveTagBack, removeImages, restartOthers, runHooks } from "./aftermath.ts";
import { COMPOSE_IMAGE_LABEL } from "./drift.ts";
import type { HookName } from "./hooks.ts";
import { provideImage, type WantedImage } from "./image.ts";
import { directionOf, type Member } from "./next-step.ts";
import { findTransactions, observe } from "./observe.ts";
import { isUp, type PlannedMember, type PreparedPlan, preparePlan, type ReplacementPlan } from "./plan.ts";
import { type Recreation, recreate } from "./recreate.ts";
import { ownName } from "./refusals.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { EngineAccess, ReplacementPorts, ReplacementRequest, ReplacementResult } from "./request.ts";
import { settle } from "./settle.ts";
import { TiesCache } from "./ties.ts";
import { Transaction } from "./transaction.ts";
import { LABEL, writeLabel } from "./transaction-label.ts";

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
  if (!prepared.ok) return notBegun(prepared.failure);
  const plan = prepared.value;
  await onPlan(plan);
  if (plan.isUpToDate) return { kind: "UpToDate" };
  let wanted: WantedImage | undefined;
  const transaction = new Transaction({
    ports,
    connection,
    txn: plan.txn,
    members: plan.members.map(toMember),
    proof: (member) => ({
      wasRunning: member.wasRunning,
      imageId: imageIdOf(plannedOf(plan, member), wanted),
      ...request.health,
      healthTimeoutMs: request.health.timeoutMs,
    }),
    recreate: (member, newIds) => recreateMember(plan, member, newIds, request, ports, wanted),
    stopMs: (member) => plannedOf(plan, member)?.stopMs,
  });
  const provided = await provideImage(transaction, plan, request, ports);
  if (provided.kind === "stop") return { kind: "Interrupted", failure: provided.failure };
  if (provided.kind !== "done") return notBegun(provided.failure);
  wanted = provided.value;
  const { id, pulledName, isMoved } = wanted;
  const labelsOf = async (member: Member) => success(plannedOf(plan, member)?.container.Config.Labels ?? {});
  const hooks = async (name: HookName) =>
    request.hooks === "Labels" ? await runHooks(transaction, name, labelsOf, ports) : undefined;
  const hooked = await hooks("pre-update");
  if (hooked !== undefined) {
    if (hooked.kind === "stop") return { kind: "Interrupted", failure: hooked.failure };
    if (isMoved) await moveTagBack(transaction, tagOfPlan(plan), plan.before.imageId);
    return { kind: "Failed", failure: hooked.failure };
  }
  const settled = await settle(transaction, "forward", {
    onFailure: request.onFailure,
    afterwards: async () => {
      const ended = await hooks("post-update");
      return [...hookWarnings(ended), ...(await restartOthers(transaction, plan.restarts))];
    },
    undo: () => moveTagBack(transaction, isMoved ? tagOfPlan(plan) : undefined, plan.before.imageId),
  });
  if (settled.kind !== "Succeeded") return settled;
  const oldImageId = request.removeOldImage ? plan.before.imageId : undefined;
  const cleaned = await removeImages(transaction, { pulledName, oldImageId });
  const { downtimeMs } = transaction;
  return {
    kind: "Succeeded",
    before: plan.before.imageId,
    after: id,
    ...(downtimeMs !== undefined && { downtimeMs }),
    warnings: [...settled.warnings, ...cleaned],
  };
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

/** Fails with DaemonBusy while any transaction is unfinished, whatever its owner. */
async function findBusy(access: EngineAccess, listed: readonly ListedDetails[]): Promise<Outcome<void>> {
  for (const { txn, remembered, labels } of findTransactions(listed)) {
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
    new: { id: "", place: "none", isUp: false, wasStarted: false },
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
      txn: plan.txn,
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
      ...(member.main && wanted?.isMoved && { movedTag: tagOfPlan(plan) }),
      restarts: member.main ? plan.restarts.map(({ id }) => id).slice(0, 100) : [],
      ...(request.hooks === "Labels" && { hooks: true }),
      ...(request.removeOldImage && { removeOldImage: true }),
      ...(wanted?.pulledName !== undefined && { pulledName: wanted.pulledName }),
    }),
  };
  if (Object.hasOwn(container.Config.Labels ?? {}, COMPOSE_IMAGE_LABEL)) labels[COMPOSE_IMAGE_LABEL] = imageId;
  return success({ ...recreated.value, body: { ...body, Labels: labels } });
}

function tagOfPlan({ reference }: PreparedPlan) {
  return { name: familiarName(reference), tag: tagOf(reference) };
}
