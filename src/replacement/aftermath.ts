import { problemOf } from "../api/failure.ts";
import type { EngineAccess } from "./request.ts";
import type { Transaction } from "./transaction.ts";

const MAX_TRIES = 3;

/**
 * Restarts containers that depend on a replaced one in ways that a restart settles. A restart that fails is only
 * reported.
 */
export async function restartOthers(
  transaction: Transaction,
  others: readonly { readonly id: string; readonly name: string; readonly stopMs: number }[],
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { id, name, stopMs } of others) {
    const change = await transaction.change("Verifying", "Restart", ({ changes }) => changes.restart(id, stopMs));
    if (change.kind !== "done") warnings.push(`Container ${name} could not be restarted: ${problemOf(change.failure)}`);
  }
  return warnings;
}

/** Otherwise, whatever creates a container from this tag next would get the image that has just failed. */
export async function moveTagBack(
  transaction: Transaction,
  tag: { readonly name: string; readonly tag: string } | undefined,
  oldImageId: string,
): Promise<void> {
  if (tag === undefined) return;
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const send = ({ changes }: EngineAccess) => changes.tag(oldImageId, tag.name, tag.tag);
    const change = await transaction.change("RollingBack", "Tag", send);
    // It is safe to set the tag more than once.
    if (change.kind !== "unknown" || (await transaction.look()).kind !== "end") return;
  }
}
