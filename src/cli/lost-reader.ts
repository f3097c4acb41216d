/** The part of an output stream that reports errors. */
interface Output {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface LostReaderActions {
  /** Begins an orderly end, as on a signal. */
  readonly stop: (signal: string, exitCode: number) => void;
  readonly exit: (exitCode: number) => void;
}

/** As a shell reports a program that these signals have ended. */
const SIGPIPE = ["SIGPIPE", 141] as const;
const SIGHUP = ["SIGHUP", 129] as const;
/** The error of each write to a terminal that was closed. */
const TERMINAL_CLOSED = "EIO";

/**
 * Ends the program if nobody can read its output any more. In the middle of an update, a container may be stopped. So a
 * lost standard error, to which the progress is written, ends the program as Ctrl-C does.
 */
export function onLostReader(
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output },
  { stop, exit }: LostReaderActions,
): void {
  stdout.on("error", (error) => {
    // A reader that closes the pipe, like `head`, is not an error.
    if (error.code === "EPIPE") exit(0);
    else if (error.code === TERMINAL_CLOSED) stop(...SIGHUP);
    else throw error;
  });
  stderr.on("error", (error) => {
    if (error.code === "EPIPE") stop(...SIGPIPE);
    else if (error.code === TERMINAL_CLOSED) stop(...SIGHUP);
    else throw error;
  });
}
