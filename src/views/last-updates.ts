import { findCondition } from "../api/conditions.ts";
import { type ContainerUpdateObject, isFinished } from "../api/container-update.ts";
import { type ContainerUpdateSpec, ContainerUpdateSpecSchema } from "../api/container-update-spec.ts";
import type { UpdatePhase } from "../api/container-update-status.ts";
import { hasWords, searchWords } from "./search.ts";

/** A ContainerUpdate as people look at it. */
export interface UpdateRow {
  /** The key of its host. */
  readonly host: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly phase: UpdatePhase;
  /** Whether it waits until somebody changes something else. */
  readonly isBlocked: boolean;
  /** Digest of the image before, or the image's ID. */
  readonly from: string | undefined;
  readonly to: string;
  /** RFC 3339: when it was created, and when it ended. */
  readonly created: string | undefined;
  readonly ended: string | undefined;
  /** How long the container did not run, such as 1.8s. */
  readonly downtime: string | undefined;
  /** What is being done, or why it has not succeeded. */
  readonly message: string | undefined;
}

/** ContainerUpdates, the latest first. */
export interface UpdateLists {
  readonly inProgress: readonly ContainerUpdateObject[];
  readonly ended: readonly ContainerUpdateObject[];
}

/**
 * The ContainerUpdates in which all words of a search occur: in the container, the image, the host, the phase and the
 * name. One whose spec cannot be read is left out.
 * @param host the key of the only host to look at
 */
export function updateLists(
  updates: readonly ContainerUpdateObject[],
  { host, search = "" }: { readonly host?: string; readonly search?: string } = {},
): UpdateLists {
  const words = searchWords(search);
  // Reading a whole spec takes long, so this is done only for those that are shown.
  const found = updates.filter((update) => {
    const { hostRef, container, image } = specOf(update);
    const key = `${update.metadata.namespace}/${hostRef?.name}`;
    if (typeof container !== "string" || typeof image !== "string" || typeof hostRef?.name !== "string") return false;
    if (host !== undefined && host !== key) return false;
    return hasWords([container, image, key, update.status?.phase ?? "Pending", update.metadata.name], words);
  });
  const [ended, inProgress] = [true, false].map((isEnd) =>
    found.filter((update) => isFinished(update) === isEnd).sort(latestFirst),
  ) as [ContainerUpdateObject[], ContainerUpdateObject[]];
  return { inProgress, ended };
}

/** Of the spec only what has the right type somewhere: an object that violates the schema can have any value. */
function specOf({ spec }: ContainerUpdateObject) {
  return (spec ?? {}) as { hostRef?: { name?: unknown } | null; container?: unknown; image?: unknown };
}

/** Whether it waits until somebody changes something else. */
export function isBlocked(update: ContainerUpdateObject): boolean {
  return !isFinished(update) && findCondition(update.status?.conditions, "Stalled")?.status === "True";
}

function timeOf({ metadata, status }: ContainerUpdateObject): string {
  return status?.completionTime ?? metadata.creationTimestamp ?? "";
}

function latestFirst(a: ContainerUpdateObject, b: ContainerUpdateObject): number {
  const [first, second] = [timeOf(a), timeOf(b)];
  if (first !== second) return first < second ? 1 : -1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The ContainerUpdates as people look at them. One whose spec cannot be read is left out. */
export function updateRows(updates: readonly ContainerUpdateObject[]): readonly UpdateRow[] {
  return updates.flatMap((update) => {
    const spec = ContainerUpdateSpecSchema.safeParse(update.spec);
    return spec.success ? [rowOf(update, spec.data)] : [];
  });
}

function rowOf(update: ContainerUpdateObject, { hostRef, container, image, digest }: ContainerUpdateSpec): UpdateRow {
  const { metadata, status = {} } = update;
  const { phase = "Pending", before, conditions, completionTime, downtime } = status;
  return {
    host: `${metadata.namespace}/${hostRef.name}`,
    name: metadata.name,
    ...{ container, image, phase, downtime, to: digest },
    isBlocked: isBlocked(update),
    from: before?.digest ?? before?.imageID,
    created: metadata.creationTimestamp,
    ended: isFinished(update) ? completionTime : undefined,
    message: phase === "Succeeded" ? undefined : findCondition(conditions, "Ready")?.message,
  };
}
