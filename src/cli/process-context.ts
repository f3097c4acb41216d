import { fstatSync } from "node:fs";
import { systemClock } from "../common/clock.ts";
import type { CliContext } from "./context.ts";
import { takeDockerEnvironment } from "./docker-environment.ts";
import { onLostReader } from "./lost-reader.ts";
import { onStopSignal } from "./stop-signals.ts";

/** The reason with which the context's signal is aborted. */
export class StoppedBySignal extends Error {
  override readonly name = "StoppedBySignal";
  /** The exit code if the signal interrupted the program's work. */
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCode;
  }
}

/** Creates the context of the running process, and takes over its signals and streams. Call it once. */
export function processContext(): CliContext {
  const stop = new AbortController();
  const stopOnce = (signal: string, code: number) => {
    if (!stop.signal.aborted) stop.abort(new StoppedBySignal(signal, code));
  };
  onStopSignal(process, { stop: stopOnce, hurry: (code) => process.exit(code) });
  onLostReader(process, { stop: stopOnce, exit: (code) => process.exit(code) });
  return {
    clock: systemClock,
    random: Math.random,
    stdin: process.stdin,
    stdout: process.stdout,
    stdoutMode: fileMode(process.stdout.fd),
    stderr: process.stderr,
    env: process.env,
    docker: takeDockerEnvironment(process.env),
    signal: stop.signal,
    exit: (code) => process.exit(code),
  };
}

function fileMode(descriptor: number): number | undefined {
  try {
    const found = fstatSync(descriptor);
    return found.isFile() ? found.mode & 0o777 : undefined;
  } catch {
    // The stream was closed before the program started.
    return undefined;
  }
}
