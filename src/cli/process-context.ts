import { systemClock } from "../common/clock.ts";
import type { CliContext } from "./context.ts";
import { takeDockerEnvironment } from "./docker-environment.ts";

/** The reason of the context's abort. */
export class StoppedBySignal extends Error {
  override readonly name = "StoppedBySignal";
  /** What the program ends with where the signal cut its work short. */
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCode;
  }
}

/** The context of the running process, whose signals and streams it takes over. Call it once. */
export function processContext(): CliContext {
  const stop = new AbortController();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for an orderly end.
      if (stop.signal.aborted) process.exit(code);
      stop.abort(new StoppedBySignal(signal, code));
    });
  }
  // A reader that went away, as `head` does, is no error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    clock: systemClock,
    random: Math.random,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    docker: takeDockerEnvironment(process.env),
    signal: stop.signal,
    exit: (code) => process.exit(code),
  };
}
