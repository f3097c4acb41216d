import { Readable } from "node:stream";
import { expect, onTestFinished, vi } from "vitest";
import type { CliContext, CliStream } from "../../src/cli/context.ts";
import { runProgram } from "../../src/cli/program.ts";
import { systemClock } from "../../src/common/clock.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import { savedProblems } from "./checked-resources.ts";

export interface CliOptions {
  readonly stdin?: string;
  /** Variables other than Docker's. */
  readonly env?: Readonly<Record<string, string>>;
  /** The DOCKER_* variables. */
  readonly docker?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** The width of that terminal. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

/** Keeps what was written. */
export class TextSink implements CliStream {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  text = "";

  constructor(isTTY = false, columns?: number) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
}

export interface FakeCli extends CliContext {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
}

/** The context of a command that runs within the test, by the real clock. What it saves must keep the contract. */
export function fakeCli(options: CliOptions = {}): FakeCli {
  onTestFinished(() => expect(problems.splice(0)).toEqual([]));
  return {
    clock: systemClock,
    random: () => 0.5,
    stdin: Readable.from([options.stdin ?? ""]),
    stdout: new TextSink(options.terminal, options.columns),
    stderr: new TextSink(options.terminal, options.columns),
    env: options.env ?? {},
    docker: options.docker ?? {},
    signal: options.signal ?? new AbortController().signal,
    exit: (code) => {
      throw new Error(`the process would end with ${code}`);
    },
  };
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const context = fakeCli(options);
  const code = await runProgram(args, context, "1.2.3");
  return { code, stdout: context.stdout.text, stderr: context.stderr.text };
}

// The commands make their resources themselves, so what they store is observed on its way, for all files of a worker.
const problems: string[] = [];
const save = FileResources.prototype.saveStatus;
vi.spyOn(FileResources.prototype, "saveStatus").mockImplementation(async function (this: FileResources, ...args) {
  const before = this.getHost(keyOf(args[0]));
  const saved = await save.apply(this, args);
  problems.push(...savedProblems(before, this.getHost(keyOf(args[0])), args[1]));
  return saved;
});
