import type { Failure } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import type { Arrival, Change } from "./arrival.ts";
import { cancelled, interruption } from "./failures.ts";
import type { Member } from "./next-step.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { ReplacementPorts } from "./request.ts";
import type { TiesCache } from "./ties.ts";
import { type Proof, verifyNew } from "./verify.ts";

const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 2_000;

/** The part of a transaction that this needs. */
export interface Proving {
  readonly ties: TiesCache | undefined;
  readonly connection: Pick<ReplacementConnection, "read">;
  readonly members: readonly Member[];
  proofOf(member: Member): Proof;
  look(): Promise<Arrival>;
  stopOld(member: Member): Promise<Change<void>>;
}

/**
 * Waits until each new container has proved itself, or the first has failed.
 * @param since when the last of them was started, on the monotonic clock
 */
export async function awaitProof(
  transaction: Proving,
  since: number,
  { clock, signal, cancel }: Pick<ReplacementPorts, "clock" | "signal" | "cancel">,
): Promise<Arrival> {
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(2 * delay, LONGEST_POLL_MS)) {
    const verified = await verifyAll(transaction, clock.monotonic() - since);
    if (verified !== undefined) return verified;
    if (cancel?.aborted === true) return { kind: "refused", failure: cancelled() };
    const alone = await stopOldAgain(transaction);
    if (alone !== undefined) return alone;
    const ends = AbortSignal.any(cancel === undefined ? [signal] : [signal, cancel]);
    await sleep(clock, Math.min(delay, stableIn(transaction, clock.monotonic() - since)), ends);
    if (signal.aborted) return { kind: "stop", failure: interruption("the program was asked to stop") };
  }
}

/** The result is undefined while this is not decided. */
async function verifyAll(transaction: Proving, ms: number): Promise<Arrival | undefined> {
  let isWaiting = false;
  for (const member of transaction.members) {
    const inspected = await inspectNew(transaction, member);
    if (!inspected.ok) return { kind: "stop", failure: inspected.failure };
    const verification = verifyNew(inspected.value, member.name, transaction.proofOf(member), ms);
    if (verification.kind === "failed") {
      const looked = await transaction.look();
      return looked.kind === "end" ? { kind: "refused", failure: verification.failure } : looked;
    }
    if (verification.kind === "waiting") isWaiting = true;
  }
  return isWaiting ? undefined : { kind: "end" };
}

/** Somebody may have started an old container again, which must not run next to the new one. */
async function stopOldAgain(transaction: Proving): Promise<Arrival | undefined> {
  const looked = await transaction.look();
  if (looked.kind !== "end") return looked;
  for (const member of transaction.members.filter(({ old }) => old.place === "old" && old.isUp)) {
    const change = await transaction.stopOld(member);
    if (change.kind === "stop") return { kind: "stop", failure: change.failure };
  }
  return undefined;
}

/** Finds a started new container that has already ended: a dependant cannot be started next to it. */
export async function findFailed(transaction: Proving): Promise<Failure | undefined> {
  for (const member of transaction.members.filter(({ new: { wasStarted } }) => wasStarted)) {
    const inspected = await inspectNew(transaction, member);
    const verification = inspected.ok
      ? verifyNew(inspected.value, member.name, transaction.proofOf(member), 0)
      : undefined;
    if (verification?.kind === "failed") return verification.failure;
  }
  return undefined;
}

/** The next update does not have to ask for it again. */
async function inspectNew({ connection, ties }: Proving, member: Member) {
  const inspected = await connection.read(({ details }) => details.inspectContainer(member.new.id));
  if (inspected.ok && inspected.value !== undefined) ties?.remember(inspected.value);
  return inspected;
}

/** The time until the first container without a health check has run long enough. */
function stableIn(transaction: Proving, ms: number): number {
  const left = transaction.members
    .map((member) => transaction.proofOf(member).stableForMs - ms)
    .filter((each) => each > 0);
  return Math.min(LONGEST_POLL_MS, ...left);
}
