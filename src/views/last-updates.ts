import { findCondition } from "../api/conditions.ts";
import { type ContainerUpdateObject, isFinished } from "../api/container-update.ts";
import { type ContainerUpdateSpec, ContainerUpdateSpecSchema } from "../api/container-update-spec.ts";
import type { UpdatePhase } from "../api/container-update-status.ts";

/** The maximum length of each list. */
export const MOST_UPDATES = 100;

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

export interface LastUpdates {
  /** Those that have not ended, with the newest first. */
  readonly inProgress: readonly UpdateRow[];
  /** Those that have ended, with the last one first. */
  readonly ended: readonly UpdateRow[];
  /** Whether there are more than the lists hold. */
  readonly isCut: boolean;
}

/** The ContainerUpdates of a host, or of the fleet without `host`. One whose spec cannot be read is left out. */
export function lastUpdates(updates: readonly ContainerUpdateObject[], host?: string): LastUpdates {
  // Reading a whole spec takes long, so this is done only for those that are listed.
  const chosen = host === undefined ? updates : updates.filter((update) => hostKeyOf(update) === host);
  const [ended, inProgress] = [true, false].map((isEnd) =>
    chosen.filter((update) => isFinished(update) === isEnd).sort(latestFirst),
  ) as [ContainerUpdateObject[], ContainerUpdateObject[]];
  return {
    inProgress: rowsOf(inProgress),
    ended: rowsOf(ended),
    isCut: Math.max(inProgress.length, ended.length) > MOST_UPDATES,
  };
}

function hostKeyOf({ metadata, spec }: ContainerUpdateObject): string | undefined {
  const { hostRef } = (spec ?? {}) as { hostRef?: { name?: unknown } | null };
  return `${metadata.namespace}/${hostRef?.name}`;
}

function timeOf({ metadata, status }: ContainerUpdateObject): string {
  return status?.completionTime ?? metadata.creationTimestamp ?? "";
}

function latestFirst(a: ContainerUpdateObject, b: ContainerUpdateObject): number {
  const [first, second] = [timeOf(a), timeOf(b)];
  if (first !== second) return first < second ? 1 : -1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function rowsOf(updates: readonly ContainerUpdateObject[]): readonly UpdateRow[] {
  const rows: UpdateRow[] = [];
  for (const update of updates) {
    const spec = ContainerUpdateSpecSchema.safeParse(update.spec);
    if (spec.success && rows.push(rowOf(update, spec.data)) >= MOST_UPDATES) break;
  }
  return rows;
}

function rowOf(update: ContainerUpdateObject, { hostRef, container, image, digest }: ContainerUpdateSpec): UpdateRow {
  const { metadata, status = {} } = update;
  const { phase = "Pending", before, conditions, completionTime, downtime } = status;
  return {
    host: `${metadata.namespace}/${hostRef.name}`,
    name: metadata.name,
    ...{ container, image, phase, downtime, to: digest },
    isBlocked: !isFinished(update) && findCondition(conditions, "Stalled")?.status === "True",
    from: before?.digest ?? before?.imageID,
    created: metadata.creationTimestamp,
    ended: isFinished(update) ? completionTime : undefined,
    message: phase === "Succeeded" ? undefined : findCondition(conditions, "Ready")?.message,
  };
}
