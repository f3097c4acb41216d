import { findCondition } from "../api/conditions.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import { ContainerUpdateSpecSchema } from "../api/container-update-spec.ts";
import type { UpdatePhase } from "../api/container-update-status.ts";

export const MOST_UPDATES = 100;

/** A ContainerUpdate as people look at it. */
export interface UpdateRow {
  /** The key of its host. */
  readonly host: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly phase: UpdatePhase;
  /** Digest of the image before, or the image's ID. */
  readonly from: string | undefined;
  readonly to: string;
  /** RFC 3339 */
  readonly created: string | undefined;
  /** Why it has not succeeded. */
  readonly message: string | undefined;
}

/** The newest ContainerUpdates of a host, or of the fleet without `host`. One whose spec cannot be read is left out. */
export function lastUpdates(updates: readonly ContainerUpdateObject[], host?: string): readonly UpdateRow[] {
  const rows: UpdateRow[] = [];
  for (const update of updates.toSorted(newestFirst)) {
    const row = rowOf(update);
    if (row === undefined || (host !== undefined && row.host !== host)) continue;
    if (rows.push(row) >= MOST_UPDATES) break;
  }
  return rows;
}

function newestFirst({ metadata: a }: ContainerUpdateObject, { metadata: b }: ContainerUpdateObject): number {
  return (b.creationTimestamp ?? "").localeCompare(a.creationTimestamp ?? "") || a.name.localeCompare(b.name);
}

function rowOf({ metadata, spec, status }: ContainerUpdateObject): UpdateRow | undefined {
  const parsed = ContainerUpdateSpecSchema.safeParse(spec);
  if (!parsed.success) return undefined;
  const { hostRef, container, image, digest } = parsed.data;
  const phase = status?.phase ?? "Pending";
  return {
    host: `${metadata.namespace}/${hostRef.name}`,
    name: metadata.name,
    ...{ container, image, phase, to: digest },
    from: status?.before?.digest ?? status?.before?.imageID,
    created: metadata.creationTimestamp,
    message: phase === "Succeeded" ? undefined : findCondition(status?.conditions, "Ready")?.message,
  };
}
