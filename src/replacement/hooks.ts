import { advised, type Failure, problemOf } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import type { Change } from "./arrival.ts";
import { cancelled } from "./failures.ts";
import { type HookName, type Labels, labelOf } from "./hook-labels.ts";
import { repeat } from "./repeat.ts";
import type { ReplacementPorts } from "./request.ts";
import type { Transaction } from "./transaction.ts";

/** Why a hook did not succeed. */
export type UnfinishedHook = Exclude<Change<void>, { readonly kind: "done" }>;

/** The exit code with which a hook asks not to update the container. */
const SKIP = 75;
/** With which a shell says that it could not run the command. */
const SHELL_CODES: Readonly<Record<number, string>> = {
  126: "a program in it cannot be executed",
  127: "a program in it was not found",
};
const SHELL = "/bin/sh";
/** The words of the runtimes for a missing program. */
const NO_SHELL = /"?\/bin\/sh"?: (?:stat \/bin\/sh: )?(?:no such file|executable file not found)/;
const DEFAULT_TIMEOUT_MS = 60_000;
const LONGEST_TIMEOUT_MS = 3_600_000;
const POLL_MS = 250;

/**
 * Runs the command that a container's label has for this moment, inside the container, with its shell. Its output is
 * discarded. The change is refused if the command fails, takes longer than the label with `-timeout` says (in minutes),
 * or asks to skip the update. If the update is cancelled, a command that runs is left to itself.
 */
export async function runHook(
  transaction: Transaction,
  container: { readonly id: string; readonly name: string; readonly labels: Labels },
  hook: HookName,
  { clock, signal, cancel }: Pick<ReplacementPorts, "clock" | "signal" | "cancel">,
): Promise<Change<void>> {
  const { id, name, labels } = container;
  const command = labelOf(labels, hook);
  if (command === undefined || command === "") return { kind: "done", value: undefined };
  // A post-update hook belongs to the new container, which stays.
  if (hook === "pre-update" && cancel?.aborted === true) return { kind: "refused", failure: cancelled() };
  const phase = hook === "pre-update" ? "Replacing" : "Verifying";
  const argv = [SHELL, "-c", command];
  const user = userOf(labels);
  const prepared = await repeat(transaction, phase, "Hook", ({ changes }) => changes.prepareExec(id, argv, user));
  if (prepared.kind !== "done") return named(prepared, hook, name);
  let sent = 0;
  const begun = await repeat(transaction, phase, "Hook", ({ changes }) => {
    sent++;
    return changes.runExec(prepared.value);
  });
  // A daemon begins a prepared command only once: it also refuses one that an earlier request has begun.
  const mayHaveBegun = begun.kind === "refused" && sent > 1;
  if (begun.kind !== "done" && !mayHaveBegun) return named(begun, hook, name);
  const timeoutMs = timeoutOf(labels, hook);
  const giveUpAt = clock.monotonic() + timeoutMs;
  const ends = AbortSignal.any(cancel === undefined ? [signal] : [signal, cancel]);
  for (;;) {
    const exec = await transaction.connection.read(({ details }) => details.inspectExec(prepared.value));
    if (!exec.ok) return { kind: "stop", failure: exec.failure };
    if (exec.value === undefined) return refused("HookFailed", `The ${hook} hook of container ${name} vanished`);
    // Without an exit code, the command has not begun yet.
    const { Running, ExitCode } = exec.value;
    if (!Running && typeof ExitCode === "number") return failureOf(ExitCode, hook, name);
    if (cancel?.aborted === true) {
      const problem = `The ${hook} hook of container ${name} was not waited for, because the update was cancelled`;
      return refused("UpdateCancelled", problem);
    }
    if (clock.monotonic() >= giveUpAt) {
      return refused(
        "HookFailed",
        `The ${hook} hook of container ${name} still ran after ${formatDuration(timeoutMs)}`,
      );
    }
    await sleep(clock, POLL_MS, ends);
  }
}

/** Says which hook the daemon could not run. */
function named(change: UnfinishedHook, hook: HookName, name: string): UnfinishedHook {
  if (change.failure.reason !== "HookFailed") return change;
  const said = problemOf(change.failure);
  const problem = NO_SHELL.test(said)
    ? `The ${hook} hook of container ${name} could not be run, because its image has no ${SHELL}`
    : `The ${hook} hook of container ${name} could not be run: ${said}`;
  return { kind: change.kind, failure: advised("HookFailed", problem, change.failure.cause) };
}

function failureOf(code: number, hook: HookName, name: string): Change<void> {
  if (code === 0) return { kind: "done", value: undefined };
  if (code === SKIP && hook === "pre-update") {
    return refused(
      "HookSkipped",
      `The pre-update hook of container ${name} asked to skip the update (exit code ${SKIP})`,
    );
  }
  const meaning = SHELL_CODES[code];
  const why = meaning === undefined ? "" : `, ${meaning}`;
  return refused("HookFailed", `The ${hook} hook of container ${name} failed (exit code ${code}${why})`);
}

function refused(reason: Failure["reason"], problem: string): Change<void> {
  return { kind: "refused", failure: advised(reason, problem) };
}

/** The label is in minutes, as in Watchtower. There, 0 means no limit; here, it means the longest time. */
function timeoutOf(labels: Labels, hook: HookName): number {
  const text = labelOf(labels, `${hook}-timeout`)?.trim() ?? "";
  if (!/^\d+(\.\d+)?$/.test(text)) return DEFAULT_TIMEOUT_MS;
  const minutes = Number(text);
  return minutes === 0 ? LONGEST_TIMEOUT_MS : Math.min(minutes * 60_000, LONGEST_TIMEOUT_MS);
}

function userOf(labels: Labels): string {
  const user = labelOf(labels, "uid") ?? "";
  const group = labelOf(labels, "gid") ?? "";
  return group === "" ? user : `${user === "" ? "0" : user}:${group}`;
}
