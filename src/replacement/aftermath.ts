import { type Failure, type Outcome, problemOf } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import type { Change } from "./arrival.ts";
import type { HookName, Labels } from "./hook-labels.ts";
import { runHook, type UnfinishedHook } from "./hooks.ts";
import { isUp } from "./is-up.ts";
import type { Member } from "./next-step.ts";
import { repeat } from "./repeat.ts";
import type { EngineAccess, ReplacementPhase, ReplacementPorts } from "./request.ts";
import type { Transaction } from "./transaction.ts";

const MAX_TRIES = 3;
const RETRY_MS = 1_000;

/** A container that is only restarted after an update. */
interface Other {
  readonly id: string;
  readonly name: string;
  readonly stopMs: number;
}

/**
 * Restarts containers that depend on a replaced one in ways that a restart settles, unless somebody has stopped them
 * meanwhile. A restart that fails is only reported, after a few tries: a daemon that ends refuses to start what it has
 * just stopped.
 */
export async function restartOthers(
  transaction: Transaction,
  others: readonly Other[],
  { clock, signal }: Pick<ReplacementPorts, "clock" | "signal">,
  phase: ReplacementPhase = "Verifying",
): Promise<readonly string[]> {
  const failures = new Map<string, Failure>();
  let requests = 0;
  const restart = async ({ id, name, stopMs }: Other) => {
    const send = ({ changes }: EngineAccess) => {
      requests++;
      return changes.restart(id, stopMs);
    };
    let change = await repeat(transaction, phase, "Restart", send);
    for (let tries = 1; tries < MAX_TRIES && isWorthRepeating(change); tries++) {
      await sleep(clock, RETRY_MS, signal);
      change = await repeat(transaction, phase, "Restart", send);
    }
    if (change.kind === "done") failures.delete(name);
    else failures.set(name, change.failure);
  };
  const begun: Other[] = [];
  for (const other of others) {
    const { restarting } = transaction;
    if (!restarting.has(other.id) && (await hasStopped(transaction, other))) continue;
    restarting.add(other.id);
    begun.push(other);
    await restart(other);
  }
  // If the daemon has ended meanwhile, those before may have ended with it.
  if (requests > begun.length) {
    for (const other of begun) if (await hasStopped(transaction, other)) await restart(other);
  }
  return [...failures].map(([name, failed]) => `Container ${name} could not be restarted: ${problemOf(failed)}`);
}

async function hasStopped({ connection }: Transaction, { id }: Other): Promise<boolean> {
  const inspected = await connection.read(({ details }) => details.inspectContainer(id));
  return inspected.ok && inspected.value !== undefined && !isUp(inspected.value.State.Status);
}

function isWorthRepeating(change: Change<void>): boolean {
  return change.kind === "refused" && change.failure.reason !== "ContainerNotFound";
}

/**
 * Runs the hooks of the main container and of those that are replaced with it. Returns the first failure; the hooks after
 * it are not run.
 */
export async function runHooks(
  transaction: Transaction,
  hook: HookName,
  labelsOf: (member: Member) => Promise<Outcome<Labels>>,
  ports: Pick<ReplacementPorts, "clock" | "signal" | "cancel">,
): Promise<UnfinishedHook | undefined> {
  for (const member of transaction.members) {
    if (!member.wasRunning) continue;
    const id = hook === "pre-update" ? member.old.id : member.new.id;
    const labels = await labelsOf(member);
    if (!labels.ok) return { kind: "unknown", failure: labels.failure };
    const container = { id, name: member.name, labels: labels.value };
    const change = await runHook(transaction, container, hook, ports);
    if (change.kind !== "done") return change;
  }
  return undefined;
}

/** A hook that fails after the update, or that could not be run, does not undo it. */
export function hookWarnings(ended: UnfinishedHook | undefined): readonly string[] {
  if (ended === undefined) return [];
  const problem = problemOf(ended.failure);
  if (ended.failure.reason === "UpdateCancelled") return [problem];
  return ended.kind === "refused"
    ? [`${problem}; correct the command in the container's label`]
    : [`It is unknown whether the post-update hooks ran: ${problem}`];
}

/**
 * Removes the name with a digest that a pull leaves in containerd's image store, because an image that has one never
 * counts as unused. If a container runs the image, the daemon removes only this name. If none did, it would remove the
 * tag and the image as well, so then the name stays.
 */
export async function removeSecondName(transaction: Transaction, name: string | undefined): Promise<void> {
  if (name === undefined || !transaction.members.some(({ main, new: fresh }) => main && fresh.isUp)) return;
  const send = ({ changes }: EngineAccess) => changes.removeImage(name, true);
  await repeat(transaction, "Verifying", "RemoveImage", send);
}

/**
 * Removes it only if it has no tag left; if a container uses it, the daemon itself refuses. A failure is only reported.
 */
export async function removeOldImage(transaction: Transaction, id: string): Promise<readonly string[]> {
  const old = await transaction.connection.read(({ details }) => details.inspectImage(id));
  if (!old.ok) return [`The old image could not be inspected: ${problemOf(old.failure)}`];
  if (old.value === undefined) return [];
  const tags = (old.value.RepoTags ?? []).filter((tag) => !tag.includes("@") && !tag.includes("<none>"));
  if (tags.length > 0) return [`The old image is kept, since it is also known as ${tags.join(", ")}`];
  const change = await repeat(transaction, "Verifying", "RemoveImage", ({ changes }) => changes.removeImage(id));
  return change.kind === "done" ? [] : [`The old image ${id} could not be removed: ${problemOf(change.failure)}`];
}
