import type { Failure, Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { familiarName, parseReference, tagOf } from "../registry/reference.ts";
import { moveTagBack } from "./moved-tag.ts";
import { isCreatedFrom, type ReplacementPlan } from "./plan.ts";
import { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts, ReplacementRequest } from "./request.ts";
import { Transaction } from "./transaction.ts";

/**
 * Moves the name of an image back after an update that was interrupted and has failed, unless its new container stays.
 * Only the stored plan shows where the name pointed: while there is no new container, the daemon does not show it. Fails
 * only if this process has to stop.
 */
export async function restoreTag(
  { container, image, digest }: Pick<ReplacementRequest, "container" | "image" | "digest">,
  before: Pick<ReplacementPlan["before"], "image" | "imageId">,
  ports: ReplacementPorts,
): Promise<Outcome<void>> {
  const reference = parseReference(image);
  if (!reference.ok || !isCreatedFrom(reference.value, { Config: { Image: before.image } })) return success(undefined);
  using connection = new ReplacementConnection(ports);
  const name = familiarName(reference.value);
  const wanted = await connection.read(({ details }) => details.inspectImage(`${name}@${digest}`));
  if (!wanted.ok) return orRefused(wanted.failure);
  const now = await connection.read(({ details }) => details.inspectContainer(container));
  if (!now.ok) return orRefused(now.failure);
  if (wanted.value !== undefined && now.value?.Image === wanted.value.Id) return success(undefined);
  // It concerns no containers.
  const proof = () => ({ wasRunning: false, imageId: "", healthTimeoutMs: 0, stableForMs: 0 });
  const transaction = new Transaction({ ports, connection, txn: "", members: [], proof });
  const tag = { name, tag: tagOf(reference.value) };
  const ids = { from: wanted.value?.Id ?? "", to: before.imageId };
  const moved = await moveTagBack(transaction, tag, ids, [container]);
  return moved.kind === "stop" ? failure(moved.failure) : success(undefined);
}

/** What a daemon or a proxy refuses to show cannot be restored. */
function orRefused(failed: Failure): Outcome<void> {
  return failed.reason === "UpdateInterrupted" ? failure(failed) : success(undefined);
}
