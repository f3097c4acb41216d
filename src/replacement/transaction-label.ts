import { z } from "zod";
import { parseBoundedJson } from "../common/bounded-json.ts";

/** On the new container of a transaction. It outlives it, as history, and is left out when that one is replaced. */
export const LABEL = "dockerhost.dev/update";

const MAX_LENGTH = 16_384;
const id = z.string().regex(/^[0-9a-f]{64}$/);

/** What the label carries: enough to finish or undo the transaction without anything else. */
export const TransactionLabel = z.object({
  txn: z.string().regex(/^[0-9a-f]{12}$/),
  /** Who carries it out: another owner's is waited for. */
  owner: z.string().max(256),
  /** The lease's number of transitions when it began. */
  term: z.int().nonnegative(),
  /** The container that was asked to be replaced, and not one that goes with it. */
  main: z.boolean(),
  /** Own name of the container. */
  name: z.string().min(1).max(4096),
  /** The old container. */
  replaces: id,
  wasRunning: z.boolean(),
  restartPolicy: z.object({ Name: z.string().max(64), MaximumRetryCount: z.int().optional() }),
  /** The image that the new one shall run. */
  imageId: z.string().max(256),
  /** The one that the old one runs. */
  oldImageId: z.string().max(256),
  healthTimeoutMs: z.number().nonnegative(),
  stableForMs: z.number().nonnegative(),
  onFailure: z.enum(["RollBack", "Keep"]),
  /** The tag that named the old image before, and the new one during the update. */
  movedTag: z.object({ name: z.string().max(1024), tag: z.string().max(128) }).optional(),
  /** Containers that are restarted after it. */
  restarts: z.array(id).max(100),
});
export type TransactionLabel = z.output<typeof TransactionLabel>;

export function writeLabel(label: TransactionLabel): string {
  return JSON.stringify(label);
}

/** Undefined for what is not ours: anybody may write labels. */
export function readLabel(labels: Readonly<Record<string, string>>): TransactionLabel | undefined {
  const text = Object.hasOwn(labels, LABEL) ? labels[LABEL] : undefined;
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  const parsed = TransactionLabel.safeParse(parseBoundedJson(text, 10_000));
  return parsed.success ? parsed.data : undefined;
}

export type Place = "new" | "old" | "failed" | "kept";

const NAME = /^(.+)\.dockerhost-([0-9a-f]{12})-(new|old|failed|kept)$/;

/** The name of a container while a transaction is in progress, or while one is kept for a look. */
export function placeName(name: string, txn: string, place: Place): string {
  return `${name}.dockerhost-${txn}-${place}`;
}

export function readPlaceName(
  text: string,
): { readonly name: string; readonly txn: string; readonly place: Place } | undefined {
  const [, name, txn, place] = NAME.exec(text) ?? [];
  if (name === undefined || txn === undefined || place === undefined || !isPlace(place)) return undefined;
  return { name, txn, place };
}

function isPlace(text: string): text is Place {
  return text === "new" || text === "old" || text === "failed" || text === "kept";
}
