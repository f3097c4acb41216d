import type { Failure } from "../api/failure.ts";
import type { ListedDetails } from "../docker/engine-details.ts";
import { familiarName, parseReference, tagOf } from "../registry/reference.ts";
import type { Change } from "./arrival.ts";
import { repeat } from "./repeat.ts";
import type { ReplacementPhase } from "./request.ts";
import type { Transaction } from "./transaction.ts";
import { readLabel, readPlaceName } from "./transaction-label.ts";

export interface Tag {
  /** As `docker images` shows it. */
  readonly name: string;
  readonly tag: string;
}

/** The id of the image that a tag stands for, and of the one that it is to stand for again. */
interface Move {
  readonly from: string;
  readonly to: string;
}

const DONE = { kind: "done", value: undefined } as const;

/**
 * Moves a tag back after an update that failed. Otherwise, whatever creates a container from it next would get the image that
 * has just failed. The tag stays if somebody else has moved it since, or if another container already runs that image under
 * it: that one would otherwise count as outdated, and its next update would bring it back to the old image.
 * @param names of the containers that were updated
 */
export async function moveTagBack(
  transaction: Transaction,
  tag: Tag | undefined,
  move: Move,
  names: readonly string[] = transaction.members.map(({ name }) => name),
): Promise<Change<void>> {
  if (tag === undefined) return DONE;
  const isMoved = await pointsTo(transaction, tag, move.from);
  if (isMoved.kind !== "done") return isMoved;
  if (!isMoved.value) return DONE;
  const listed = await transaction.connection.read(({ details }) => details.listContainers());
  if (!listed.ok) return unread(listed.failure);
  if (listed.value.some((container) => uses(container, tag, move.from, names))) return DONE;
  return await moveTag(transaction, tag, move.to, "RollingBack");
}

/** Gives a tag that was moved only while a container was created back to the image that had it. */
export async function returnTag(transaction: Transaction, tag: Tag, move: Move): Promise<Change<void>> {
  const isMoved = await pointsTo(transaction, tag, move.from);
  if (isMoved.kind !== "done") return isMoved;
  return isMoved.value ? await moveTag(transaction, tag, move.to, "Replacing") : DONE;
}

/** Whether a tag stands for this image, or for none. */
async function pointsTo({ connection }: Transaction, { name, tag }: Tag, image: string): Promise<Change<boolean>> {
  const now = await connection.read(({ details }) => details.inspectImage(`${name}:${tag}`));
  return now.ok ? { kind: "done", value: now.value === undefined || now.value.Id === image } : unread(now.failure);
}

/** Whether a container that no update of these names has left was created from the tag and runs this image. */
function uses(container: ListedDetails, tag: Tag, image: string, names: readonly string[]): boolean {
  if (container.imageId !== image || readPlaceName(container.name) !== undefined) return false;
  // Somebody may have renamed the new container of an update.
  if (names.includes(readLabel(container.labels)?.name ?? "")) return false;
  const reference = parseReference(container.image);
  if (!reference.ok || reference.value.digest !== undefined) return false;
  return familiarName(reference.value) === tag.name && tagOf(reference.value) === tag.tag;
}

async function moveTag(transaction: Transaction, tag: Tag, to: string, phase: ReplacementPhase): Promise<Change<void>> {
  return await repeat(transaction, phase, "Tag", ({ changes }) => changes.tag(to, tag.name, tag.tag));
}

function unread(failed: Failure): Change<never> {
  return { kind: failed.reason === "UpdateInterrupted" ? "stop" : "refused", failure: failed };
}
