import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { ByteCollector } from "../../common/byte-collector.ts";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import { errorCode } from "../../common/error-code.ts";
import { failure, type Result, success } from "../../common/result.ts";

export interface PluginRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Whether the plugin may read from the terminal. */
  readonly interactive: boolean;
  /** Whether the user sees what the plugin writes to standard error. */
  readonly showsErrors: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Ends the plugin. */
  readonly signal: AbortSignal;
}

export type PluginFailure =
  | { readonly kind: "NotFound" }
  | { readonly kind: "NotStarted"; readonly code: string }
  | { readonly kind: "Failed"; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly kind: "TooLate" }
  | { readonly kind: "TooLarge" };

const LARGEST_ANSWER_BYTES = 1024 * 1024;
/** How long the answer is waited for after the plugin has ended, if a process of its own keeps the pipe open. */
const DRAIN_MS = 1_000;

/** Runs the plugin to its end and returns what it printed. If it hangs, it is killed with all its processes. */
export async function runPlugin(run: PluginRun): Promise<Result<Buffer, PluginFailure>> {
  const { clock, interactive } = run;
  using deadline = startDeadline(run.signal, "the plugin", run.timeoutMs, clock);
  const child = spawn(run.command, [...run.args], {
    env: run.env,
    stdio: [interactive ? "inherit" : "ignore", "pipe", run.showsErrors ? "inherit" : "ignore"],
    // Its own process group, which can be killed as a whole. On a terminal it must stay in ours, because only that may
    // read from the terminal.
    detached: !interactive,
  });
  const kill = () => killAll(child, interactive);
  deadline.signal.addEventListener("abort", kill, { once: true });
  process.once("exit", kill);
  if (deadline.signal.aborted) kill();
  try {
    return await outcome(child, deadline.signal, kill, clock);
  } finally {
    deadline.signal.removeEventListener("abort", kill);
    process.removeListener("exit", kill);
    child.stdout?.destroy();
  }
}

async function outcome(
  child: ChildProcess,
  late: AbortSignal,
  kill: () => void,
  clock: Clock,
): Promise<Result<Buffer, PluginFailure>> {
  const answer = new ByteCollector(LARGEST_ANSWER_BYTES);
  let isTooLarge = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    if (answer.add(chunk)) return;
    isTooLarge = true;
    kill();
  });
  const error = await new Promise<Error | undefined>((resolve) => {
    child.once("error", resolve);
    child.once("close", () => resolve(undefined));
    child.once("exit", () => clock.after(DRAIN_MS, () => resolve(undefined), { background: true }));
  });
  if (error !== undefined) {
    const code = errorCode(error) ?? "failed";
    return failure(code === "ENOENT" ? { kind: "NotFound" } : { kind: "NotStarted", code });
  }
  if (isTooLarge) return failure({ kind: "TooLarge" });
  if (late.aborted) return failure({ kind: "TooLate" });
  const { exitCode, signalCode } = child;
  if (exitCode !== 0) return failure({ kind: "Failed", exitCode, signal: signalCode });
  return success(answer.concat());
}

function killAll(child: ChildProcess, interactive: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of interactive ? [...descendants(child.pid), child.pid] : [-child.pid]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** The processes below this one, where the system lists them (Linux). */
function descendants(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return children.flatMap((child) => [...descendants(child), child]);
  } catch {
    return [];
  }
}
