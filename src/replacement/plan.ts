import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import type { ContainerDetails, ImageDetails, ListedDetails } from "../docker/engine-details.ts";
import { CLIENT_MAX, compareVersions } from "../docker/negotiate.ts";
import { familiarName, type ImageReference, parseReference, taggedName, tagOf } from "../registry/reference.ts";
import { cannotStartAgain, type Dependant, dependantsOf, MAX_DEPENDANTS, restartBecause } from "./dependants.ts";
import { driftWarnings } from "./drift.ts";
import { hooksIn } from "./hook-labels.ts";
import { isUp } from "./is-up.ts";
import { findLostName, type LostName } from "./lost-name.ts";
import { recreate } from "./recreate.ts";
import { ownName, refuseContainer, refuseEngine } from "./refusals.ts";
import type { EngineAccess, EngineDescription, ReplacementRequest } from "./request.ts";
import type { TiesCache } from "./ties.ts";

/** Docker's own default, which applies if neither the container nor its image has one. */
const DEFAULT_STOP_S = 10;
/** A negative timeout means no limit. */
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
  /** The longest time that stopping may take, one container after the other; absent if none of them runs. */
  readonly stopMs?: number;
  /** The hooks that will be run, as `pre-update of web`. */
  readonly hooks: readonly string[];
  /** The image that the container runs now, its name in the container, and its digest in that repository if it has one. */
  readonly before: { readonly imageId: string; readonly image: string; readonly digest?: string };
}

/** One container that is replaced, with everything that is needed to create it again. */
export interface PlannedMember {
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails | undefined;
  readonly stopMs: number;
  /**
   * Whether it was created from the name that the update moves to the wanted image, so that it also gets that image.
   */
  readonly takesImage: boolean;
  /** For a dependant that keeps its image: see LostName. */
  readonly lostName?: LostName;
}

/** A container that only has to be restarted. */
export interface PlannedRestart {
  readonly id: string;
  readonly name: string;
  readonly stopMs: number;
  readonly because: string;
}

/** A plan with what it was made from. */
export interface PreparedPlan extends ReplacementPlan {
  readonly reference: ImageReference;
  /** The main one comes first. */
  readonly members: readonly PlannedMember[];
  readonly restarts: readonly PlannedRestart[];
  /** Names and ids of all containers. */
  readonly known: ReadonlySet<string>;
  /** Whether the container already runs this digest, from this name. */
  readonly isUpToDate: boolean;
}

/** Only reads. Fails with the reason why the container is not replaced. `listed` are all containers of the daemon. */
export async function preparePlan(
  access: Pick<EngineAccess, "details">,
  request: ReplacementRequest,
  engine: EngineDescription,
  listed: readonly ListedDetails[],
  ties: TiesCache,
): Promise<Outcome<PreparedPlan>> {
  const refused = refuseEngine(engine);
  if (refused !== undefined) return failure(refused);
  const reference = parseReference(request.image);
  if (!reference.ok) return reference;
  if (reference.value.digest !== undefined && reference.value.digest !== request.digest) {
    const problem = `The image name ${request.image} is pinned to another digest than ${request.digest}`;
    return failure(advised("InvalidReference", problem));
  }
  const target = listed.find(({ name }) => name === request.container);
  if (target === undefined) {
    return failure(advised("ContainerNotFound", `The host has no container named ${request.container}`));
  }
  const others = listed.filter((each) => each !== target);
  const known = await ties.of(access, others);
  if (!known.ok) return known;
  const dependants = dependantsOf(target, others, known.value);
  if (dependants.length > MAX_DEPENDANTS) {
    const problem = `More than ${MAX_DEPENDANTS} containers depend on container ${request.container}`;
    return failure(advised("CannotCarryOver", problem));
  }
  const stranded = cannotStartAgain([target, ...dependants.map(({ container }) => container)], known.value);
  if (stranded !== undefined) {
    const problem = `Container ${request.container} cannot be replaced: ${stranded}`;
    return failure(advised("CannotCarryOver", problem));
  }
  const members: PlannedMember[] = [];
  for (const { id, name } of [target, ...dependants.map(({ container }) => container)]) {
    const member = await planMember(access, id, name, engine, ties);
    if (!member.ok) return member;
    const takesImage = id === target.id || isCreatedFrom(reference.value, member.value.container);
    const { container, oldImage } = member.value;
    const lost = takesImage ? success(undefined) : await findLostName(access.details, container, oldImage);
    if (!lost.ok) return lost;
    members.push({ ...member.value, takesImage, ...(lost.value !== undefined && { lostName: lost.value }) });
  }
  const running = members[0]?.container.Image;
  if (request.replaces !== undefined && request.replaces !== running) {
    const problem = `Container ${request.container} runs ${running}, and the update was made for ${request.replaces}`;
    return failure(advised("UpdateSuperseded", problem));
  }
  const replaced = [target, ...dependants.map(({ container }) => container)];
  const restarts: PlannedRestart[] = [];
  for (const { container, because } of restartsAfter(replaced, others)) {
    const inspected = await access.details.inspectContainer(container.id);
    if (!inspected.ok) return inspected;
    if (inspected.value === undefined) continue;
    restarts.push({ id: container.id, name: container.name, stopMs: stopMsOf(inspected.value), because });
  }
  return describe({ request, engine, listed, reference: reference.value, members, dependants, restarts });
}

/** Fails with the reason why the container cannot be replaced. */
async function planMember(
  { details }: Pick<EngineAccess, "details">,
  id: string,
  name: string,
  engine: EngineDescription,
  ties: TiesCache,
): Promise<Outcome<Omit<PlannedMember, "takesImage">>> {
  const inspected = await details.inspectForRecreation(id, ties.get(id)?.added);
  if (!inspected.ok) return inspected;
  const container = inspected.value;
  if (container === undefined) {
    return failure(advised("UpdateSuperseded", `Container ${name} was removed while its update was planned`));
  }
  const refused = refuseContainer(container, engine);
  if (refused !== undefined) return failure(refused);
  const oldImage = await details.inspectImage(container.Image);
  return oldImage.ok ? success({ container, oldImage: oldImage.value, stopMs: stopMsOf(container) }) : oldImage;
}

interface Found {
  readonly request: ReplacementRequest;
  readonly engine: EngineDescription;
  readonly listed: readonly ListedDetails[];
  readonly reference: ImageReference;
  readonly members: readonly PlannedMember[];
  readonly dependants: readonly Dependant[];
  readonly restarts: readonly PlannedRestart[];
}

function describe({ request, engine, listed, reference, members, dependants, restarts }: Found): Outcome<PreparedPlan> {
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
  if (engine.isPinned === true && compareVersions(engine.apiVersion, CLIENT_MAX) < 0) {
    warnings.push(
      `API ${engine.apiVersion} is pinned: settings that need a newer version are neither seen nor carried over`,
    );
  }
  const labels = main.container.Config.Labels ?? {};
  warnings.push(...driftWarnings(labels, main.container.Config.Image, request.image));
  if (request.isResumed !== true && hasLostName(main, reference)) {
    const name = ownName(main.container);
    warnings.push(
      `On this host, ${request.image} no longer names the image that ${name} runs, as after \`docker pull\` or a killed update; that stays so if this update fails before it stops ${name}`,
    );
  }
  const running = members.filter(({ container }) => isUp(container.State.Status));
  const hooks = running.flatMap(({ container }) =>
    hooksIn(container.Config.Labels ?? {}).map((hook) => `${hook} of ${ownName(container)}`),
  );
  const runsHooks = request.hooks === "Labels";
  if (hooks.length > 0 && !runsHooks) {
    warnings.push(`Lifecycle hooks (${hooks.join(", ")}) are not run, because the update does not ask for them`);
  }
  return success({
    reference,
    members,
    known,
    containers: [
      { name: request.container, id: main.container.Id, action: "Replace" },
      ...dependants.map(({ container: { name, id }, because }, index) => {
        const also = members[index + 1]?.takesImage === true ? " and is created from the same image name" : "";
        return { name, id, action: "Replace", because: because + also } as const;
      }),
      ...restarts.map(({ name, id, because }) => ({ name, id, action: "Restart", because }) as const),
    ],
    restarts,
    warnings,
    ...(running.length > 0 && { stopMs: running.reduce((sum, member) => sum + member.stopMs, 0) }),
    hooks: runsHooks ? hooks : [],
    before: { imageId: main.container.Image, image: main.container.Config.Image, ...digestBefore(main) },
    isUpToDate: main.container.Config.Image === request.image && hasDigest(main.oldImage, reference, request.digest),
  });
}

/** Whether somebody has moved the name from which the container was created to another image, or removed it. */
function hasLostName({ container, oldImage }: PlannedMember, reference: ImageReference): boolean {
  if (oldImage?.RepoTags === undefined || !isCreatedFrom(reference, container)) return false;
  return oldImage.RepoTags?.includes(`${familiarName(reference)}:${tagOf(reference)}`) !== true;
}

function digestBefore({ container, oldImage }: PlannedMember): { readonly digest?: string } {
  const reference = parseReference(container.Config.Image);
  if (!reference.ok) return {};
  const prefix = `${familiarName(reference.value)}@`;
  const digest = oldImage?.RepoDigests?.find((each) => each.startsWith(prefix))?.slice(prefix.length);
  return digest === undefined ? {} : { digest };
}

/** A pinned name is never moved. */
export function isCreatedFrom(moved: ImageReference, { Config }: Pick<ContainerDetails, "Config">): boolean {
  const own = parseReference(Config.Image);
  if (!own.ok || own.value.digest !== undefined || moved.digest !== undefined) return false;
  return taggedName(own.value) === taggedName(moved);
}

/** Running containers whose labels ask for a restart, without those that are replaced themselves. */
function restartsAfter(replaced: readonly ListedDetails[], others: readonly ListedDetails[]): readonly Dependant[] {
  return others.flatMap((container) => {
    if (!isUp(container.state) || replaced.includes(container)) return [];
    const [because] = replaced.flatMap((each) => restartBecause(container, each) ?? []);
    return because === undefined ? [] : [{ container, because }];
  });
}

/** Whether a daemon's image is the one that a registry has by this digest, in this repository. */
export function hasDigest(image: ImageDetails | undefined, reference: ImageReference, digest: string): boolean {
  return image?.RepoDigests?.includes(`${familiarName(reference)}@${digest}`) === true;
}

export function stopMsOf({ Config }: ContainerDetails): number {
  const seconds = Config.StopTimeout ?? DEFAULT_STOP_S;
  return seconds < 0 ? ENDLESS_STOP_MS : Math.min(seconds * 1_000, ENDLESS_STOP_MS);
}
