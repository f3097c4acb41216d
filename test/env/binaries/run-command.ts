import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command; default this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** What the command reads from its standard input; default nothing. */
  readonly input?: string;
  /** Called with each line of standard error as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that ended with another exit code than 0. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly result: CommandResult;

  constructor(command: string, result: CommandResult) {
    super(`${command} ended with exit code ${result.code}:\n${lastLines(result.stderr || result.stdout, 20)}`);
    this.result = result;
  }
}

/** Runs a command to its end, whatever its exit code. Rejects when it cannot be started. */
export async function execute(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  createInterface(child.stderr).on("line", (line) => {
    stderr += `${line}\n`;
    options.onErrorLine?.(line);
  });
  // A command that does not read its input to the end has not failed: its exit code decides.
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(options.input ?? "");
  await ended;
  if (child.signalCode !== null) stderr += `ended by ${child.signalCode}\n`;
  return { code: child.exitCode ?? 128, stdout, stderr };
}

/** The standard output of a command that must succeed. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await execute(program, args, options);
  if (result.code !== 0) throw new CommandFailed([program, ...args].join(" "), result);
  return result.stdout;
}

/** The standard output of a command; undefined when the machine has no such program or it fails. */
export async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const result = await execute(program, args).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return result?.code === 0 ? result.stdout : undefined;
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
