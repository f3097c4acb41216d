import { fstatSync } from "node:fs";
import { systemClock } from "../common/clock.ts";
import type { CliContext } from "./context.ts";
import { takeDockerEnvironment } from "./docker-environment.ts";
import { onStopSignal } from "./stop-signals.ts";

/** As a shell reports a program that the signal has ended. */
const SIGPIPE_CODE = 141;

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
  onStopSignal(process, (signal, code) => {
    // A second signal means that the user does not want to wait for an orderly shutdown.
    if (stop.signal.aborted) process.exit(code);
    stop.abort(new StoppedBySignal(signal, code));
  });
  // A reader that closes the pipe, like `head`, is not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  // In the middle of an update, a container may be stopped. So this ends the program as Ctrl-C does.
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!stop.signal.aborted) stop.abort(new StoppedBySignal("SIGPIPE", SIGPIPE_CODE));
  });
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
