import { createHash } from "node:crypto";
import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { ContainerDetails, ImageDetails, ListedDetails } from "../docker/engine-details.ts";
import { familiarName, type ImageReference, parseReference } from "../registry/reference.ts";
import { type Dependant, dependantsOf, restartBecause } from "./dependants.ts";
import { driftWarnings } from "./drift.ts";
import { recreate } from "./recreate.ts";
import { ownName, refuseContainer, refuseEngine } from "./refusals.ts";
import type { EngineAccess, EngineDescription, ReplacementRequest } from "./request.ts";

/** Docker's own, where neither the container nor its image has one. */
const DEFAULT_STOP_S = 10;
/** A timeout below zero means for ever. */
const ENDLESS_STOP_MS = 3_600_000;

export interface PlannedContainer {
  readonly name: string;
  readonly id: string;
  readonly action: "Replace" | "Restart";
  readonly because?: string;
}

/** What an update will do, for people to read before it begins. */
export interface ReplacementPlan {
  /** The main one comes first; the others follow in the order in which they are replaced and restarted. */
  readonly containers: readonly PlannedContainer[];
  readonly warnings: readonly string[];
  /** The longest time that stopping may take, one container after the other. */
  readonly stopMs: number;
  /** The image that the container runs now, and its name in the container. */
  readonly before: { readonly imageId: string; readonly image: string };
}

/** One container that is replaced, with everything that is needed to create it again. */
export interface PlannedMember {
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails | undefined;
  readonly stopMs: number;
}

/** A plan with what it was made from. */
export interface PreparedPlan extends ReplacementPlan {
  readonly txn: string;
  readonly reference: ImageReference;
  /** Main one first. */
  readonly members: readonly PlannedMember[];
  readonly restarts: readonly { readonly id: string; readonly name: string; readonly stopMs: number }[];
  /** Names and ids of all containers. */
  readonly known: ReadonlySet<string>;
  /** Whether the container already runs this digest, from this name. */
  readonly isUpToDate: boolean;
}

/** Reads only. Fails with why the container is not replaced. `listed`: all containers of the daemon. */
export async function preparePlan(
  access: Pick<EngineAccess, "details">,
  request: ReplacementRequest,
  engine: EngineDescription,
  listed: readonly ListedDetails[],
): Promise<Outcome<PreparedPlan>> {
  const refused = refuseEngine(engine);
  if (refused !== undefined) return failure(refused);
  const reference = parseReference(request.image);
  if (!reference.ok) return reference;
  if (reference.value.digest !== undefined && reference.value.digest !== request.digest) {
    const problem = `The image name ${request.image} is pinned to another digest than ${request.digest}`;
    return failure(advised("InvalidReference", problem));
  }
  const all = await inspectAll(access, listed);
  if (!all.ok) return all;
  const target = all.value.find((container) => ownName(container) === request.container);
  if (target === undefined) {
    return failure(advised("ContainerNotFound", `The host has no container named ${request.container}`));
  }
  if (request.replaces !== undefined && request.replaces !== target.Image) {
    const problem = `Container ${request.container} runs ${target.Image}, and the update was made for ${request.replaces}`;
    return failure(advised("UpdateSuperseded", problem));
  }
  const dependants = dependantsOf(target, all.value);
  for (const { container } of [{ container: target }, ...dependants]) {
    const why = refuseContainer(container, engine);
    if (why !== undefined) return failure(why);
  }
  const members: PlannedMember[] = [];
  for (const container of [target, ...dependants.map((dependant) => dependant.container)]) {
    const oldImage = await access.details.inspectImage(container.Image);
    if (!oldImage.ok) return oldImage;
    members.push({ container, oldImage: oldImage.value, stopMs: stopMsOf(container) });
  }
  return describe({ request, engine, listed, reference: reference.value, all: all.value, members, dependants });
}

interface Found {
  readonly request: ReplacementRequest;
  readonly engine: EngineDescription;
  readonly listed: readonly ListedDetails[];
  readonly reference: ImageReference;
  readonly all: readonly ContainerDetails[];
  readonly members: readonly PlannedMember[];
  readonly dependants: readonly Dependant[];
}

function describe({ request, engine, listed, reference, all, members, dependants }: Found): Outcome<PreparedPlan> {
  const [main] = members;
  if (main === undefined) throw new Error("a plan has a main container");
  const known = new Set(listed.flatMap(({ id, name }) => [id, name, id.slice(0, 12)]));
  const warnings: string[] = [];
  for (const [index, { container, oldImage }] of members.entries()) {
    // The ids of new containers are not known yet; they do not affect rules or warnings.
    const context = {
      oldImage,
      image: request.image,
      apiVersion: engine.apiVersion,
      engine,
      newIds: new Map(),
      containers: known,
    };
    const recreated = recreate(container, context);
    if (!recreated.ok) return recreated;
    const prefix = index === 0 ? "" : `${ownName(container)}: `;
    warnings.push(...recreated.value.warnings.map((warning) => prefix + warning));
  }
  const labels = main.container.Config.Labels ?? {};
  warnings.push(...driftWarnings(labels, main.container.Config.Image, request.image));
  const restarts = restarted(members, all);
  const running = members.filter(({ container }) => isUp(container.State.Status));
  return success({
    txn: createHash("sha256").update(`${main.container.Id} ${request.digest}`).digest("hex").slice(0, 12),
    reference,
    members,
    known,
    containers: [
      { name: request.container, id: main.container.Id, action: "Replace" },
      ...dependants.map(({ container, because }) => {
        return { name: ownName(container), id: container.Id, action: "Replace", because } as const;
      }),
      ...restarts.map(({ container, because }) => {
        return { name: ownName(container), id: container.Id, action: "Restart", because } as const;
      }),
    ],
    restarts: restarts.map(({ container }) => ({
      id: container.Id,
      name: ownName(container),
      stopMs: stopMsOf(container),
    })),
    warnings,
    stopMs: running.reduce((sum, member) => sum + member.stopMs, 0),
    before: { imageId: main.container.Image, image: main.container.Config.Image },
    isUpToDate: main.container.Config.Image === request.image && hasDigest(main.oldImage, reference, request.digest),
  });
}

/** One after the other, over one connection. Containers that vanish meanwhile are left out. */
async function inspectAll(
  { details }: Pick<EngineAccess, "details">,
  listed: readonly ListedDetails[],
): Promise<Outcome<readonly ContainerDetails[]>> {
  const containers: ContainerDetails[] = [];
  for (const { id } of listed) {
    const inspected = await details.inspectContainer(id);
    if (!inspected.ok) return inspected;
    if (inspected.value !== undefined) containers.push(inspected.value);
  }
  return success(containers);
}

function restarted(members: readonly PlannedMember[], all: readonly ContainerDetails[]) {
  const replaced = members.map(({ container }) => ({
    id: container.Id,
    name: ownName(container),
    labels: container.Config.Labels ?? {},
  }));
  return all.flatMap((container) => {
    if (!isUp(container.State.Status) || replaced.some(({ id }) => id === container.Id)) return [];
    const reasons = replaced.flatMap((each) => restartBecause(container.Config.Labels ?? {}, each) ?? []);
    const [because] = reasons;
    return because === undefined ? [] : [{ container, because }];
  });
}

/** Whether a daemon's image is the one that a registry has by this digest, in this repository. */
export function hasDigest(image: ImageDetails | undefined, reference: ImageReference, digest: string): boolean {
  return image?.RepoDigests?.includes(`${familiarName(reference)}@${digest}`) === true;
}

export function isUp(status: string): boolean {
  return status === "running" || status === "restarting" || status === "paused";
}

export function stopMsOf({ Config }: ContainerDetails): number {
  const seconds = Config.StopTimeout ?? DEFAULT_STOP_S;
  return seconds < 0 ? ENDLESS_STOP_MS : Math.min(seconds * 1_000, ENDLESS_STOP_MS);
}
