import type { Readable } from "node:stream";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";

/** What a command takes from the process, so that it can run in a test as well. */
export interface CliContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly stdin: Readable;
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  /** Without the DOCKER_* variables: those are in `docker`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The DOCKER_* variables, taken away from the process before dockerode could read them. */
  readonly docker: Readonly<Record<string, string | undefined>>;
  /** Fires on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the process at once, whatever is under way. Only where going on would do harm. */
  readonly exit: (code: number) => void;
}

export interface CliStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Colour on a terminal, unless the user does not want it (https://no-color.org). */
export function wantsColour(context: CliContext, stream: CliStream): boolean {
  if ((context.env.NO_COLOR ?? "") !== "") return false;
  return stream.isTTY === true || (context.env.FORCE_COLOR ?? "0") !== "0";
}
