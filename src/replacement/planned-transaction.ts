import type { Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import { familiarName, tagOf } from "../registry/reference.ts";
import { COMPOSE_IMAGE_LABEL } from "./drift.ts";
import { createWithName } from "./held-name.ts";
import type { WantedImage } from "./image.ts";
import { isUp } from "./is-up.ts";
import type { Member } from "./next-step.ts";
import { isCreatedFrom, type PlannedMember, type PreparedPlan } from "./plan.ts";
import { type Recreation, recreate } from "./recreate.ts";
import { ownName } from "./refusals.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementRequest } from "./request.ts";
import { Transaction } from "./transaction.ts";
import { LABEL, writeLabel } from "./transaction-label.ts";

/**
 * The transaction that carries out a plan.
 * @param wanted undefined while the image is provided, when no container is created
 */
export function begin(
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

export function plannedOf(plan: PreparedPlan, { old }: Member): PlannedMember | undefined {
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
export function ownsTag({ reference, members: [main] }: PreparedPlan): boolean {
  return main !== undefined && isCreatedFrom(reference, main.container);
}

export function tagOfPlan({ reference }: PreparedPlan) {
  return { name: familiarName(reference), tag: tagOf(reference) };
}
