import { createHash } from "node:crypto";
import * as z from "zod";
import { parseBoundedJson } from "../common/bounded-json.ts";
import type { RestartPolicy } from "../docker/engine-changes.ts";
import type { BegunBy, ReplacementPorts, Writer } from "./request.ts";

/**
 * A label on the new container of a transaction. It stays afterwards, as history, and is left out when that container
 * is replaced.
 */
export const LABEL = "dockerhost.dev/update";

const MAX_LENGTH = 16_384;
const id = z.string().regex(/^[0-9a-f]{64}$/);

/** The content of the label: enough to finish or undo the transaction without anything else. */
export const TransactionLabel = z.object({
  txn: z.string().regex(/^[0-9a-f]{12}$/),
  /** Who carries it out; a transaction of another owner is waited for. */
  owner: z.string().max(256),
  /** The uid of the lease of the leader election. */
  lease: z.string().max(64).optional(),
  /** The number of transitions of that lease when the transaction began. */
  term: z.int().nonnegative(),
  /** Whether it is the container whose replacement was requested, and not one that is replaced with it. */
  main: z.boolean(),
  /** The container's own name. */
  name: z.string().min(1).max(4096),
  /** The old container. */
  replaces: id,
  wasRunning: z.boolean(),
  restartPolicy: z.object({ Name: z.string().max(64), MaximumRetryCount: z.int().optional() }),
  /** The image that the new container should run. */
  imageId: z.string().max(256),
  /** The image that the old container runs. */
  oldImageId: z.string().max(256),
  healthTimeoutMs: z.number().nonnegative(),
  stableForMs: z.number().nonnegative(),
  onFailure: z.enum(["RollBack", "Keep"]),
  /** The tag that belongs to the old image, and points to the new one during the update. */
  movedTag: z.object({ name: z.string().max(1024), tag: z.string().max(128) }).optional(),
  /** Containers that are restarted afterwards. */
  restarts: z.array(id).max(100),
  /** Whether the hooks of the containers' labels are run. */
  hooks: z.boolean().optional(),
  /** Whether the old image is removed afterwards, if nothing else needs it. */
  removeOldImage: z.boolean().optional(),
});
export type TransactionLabel = z.output<typeof TransactionLabel>;

/** Differs for all that update the same container at the same time, so that none of them changes another's containers. */
export function newTransactionId(
  oldId: string,
  digest: string,
  { writer: { owner, term }, random }: Pick<ReplacementPorts, "writer" | "random">,
): string {
  const parts = [oldId, digest, owner, term, random()];
  return createHash("sha256").update(parts.join(" ")).digest("hex").slice(0, 12);
}

/** Whether a later leader has begun it. Terms of a lease that was deleted in the meantime cannot be compared. */
export function isOfLaterTerm(label: Pick<TransactionLabel, "lease" | "term">, writer: Writer): boolean {
  return writer.takesOver !== true && label.lease === writer.lease && label.term > writer.term;
}

/** Whether somebody has begun it who will also finish it. */
export function isForeign(label: BegunBy, writer: Writer): boolean {
  return writer.takesOver !== true && label.owner !== writer.owner && writer.adopts?.(label) !== true;
}

export function writeLabel(label: TransactionLabel): string {
  return JSON.stringify(label);
}

/** Undefined for a label that is not ours, because anybody may write labels. */
export function readLabel(labels: Readonly<Record<string, string>>): TransactionLabel | undefined {
  const text = Object.hasOwn(labels, LABEL) ? labels[LABEL] : undefined;
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  const parsed = TransactionLabel.safeParse(parseBoundedJson(text, 10_000));
  return parsed.success ? parsed.data : undefined;
}

export type Place = "new" | "old" | "failed" | "kept";

const NAME = /^(.+)\.dockerhost-([0-9a-f]{12})-(new|old|failed|kept)(?:-(always|on-failure)(?:-([1-9]\d{0,8}))?)?$/;

/** The name of a container while a transaction is in progress, or while the container is kept for inspection. */
export function placeName(name: string, txn: string, place: Place, restartPolicy?: RestartPolicy): string {
  const { Name, MaximumRetryCount = 0 } = restartPolicy ?? {};
  const policy = [Name, MaximumRetryCount > 0 ? MaximumRetryCount : undefined].filter((part) => part !== undefined);
  return [`${name}.dockerhost-${txn}-${place}`, ...policy].join("-");
}

export interface PlaceName {
  readonly name: string;
  readonly txn: string;
  readonly place: Place;
  /** The container's own restart policy, if it has another one during the transaction. */
  readonly restartPolicy?: RestartPolicy;
}

export function readPlaceName(text: string): PlaceName | undefined {
  const [, name, txn, place, policy, count] = NAME.exec(text) ?? [];
  if (name === undefined || txn === undefined || place === undefined || !isPlace(place)) return undefined;
  const restartPolicy = { Name: policy ?? "", ...(count !== undefined && { MaximumRetryCount: Number(count) }) };
  return { name, txn, place, ...(policy !== undefined && { restartPolicy }) };
}

function isPlace(text: string): text is Place {
  return text === "new" || text === "old" || text === "failed" || text === "kept";
}
