import type { Readable } from "node:stream";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";

/** Everything that a command takes from the process. Tests pass their own. */
export interface CliContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly stdin: Readable;
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  /** The environment without the DOCKER_* variables, which are in `docker`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The DOCKER_* variables, removed from the process so that dockerode does not read them. */
  readonly docker: Readonly<Record<string, string | undefined>>;
  /** The permissions of the file to which standard output is redirected; undefined if that is not a file. */
  readonly stdoutMode?: number | undefined;
  /** Fires on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the process immediately, even in the middle of work. Use it only where continuing would do harm. */
  readonly exit: (code: number) => void;
}

export interface CliStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The width of a terminal that does not report its own, or reports 0, as some pseudo-terminals do. */
export const DEFAULT_COLUMNS = 80;

/** The columns of the terminal; undefined if the stream is not one. */
export function terminalWidth({ isTTY, columns }: CliStream): number | undefined {
  return isTTY === true ? columns || DEFAULT_COLUMNS : undefined;
}

/** Colours are used on a terminal, unless the user turned them off (https://no-color.org). */
export function wantsColour(context: CliContext, stream: CliStream): boolean {
  if ((context.env.NO_COLOR ?? "") !== "") return false;
  return stream.isTTY === true || (context.env.FORCE_COLOR ?? "0") !== "0";
}
