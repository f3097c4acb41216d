import type { Logger } from "../common/logger.ts";
import { createLogger, type LogEncoding, type LogLevel } from "../telemetry/logger.ts";
import { type CliContext, wantsColour } from "./context.ts";
import { writePainted } from "./safe-stream.ts";

export interface LogFlags {
  readonly logLevel: LogLevel;
  /** Default: for people on a terminal, for machines anywhere else. */
  readonly logEncoding?: LogEncoding | undefined;
}

/** The log of a command that goes on until it is stopped, on standard error. */
export function createDaemonLogger({ logLevel, logEncoding }: LogFlags, context: CliContext): Logger {
  const { clock, stderr } = context;
  const encoding = logEncoding ?? (stderr.isTTY === true ? "console" : "json");
  return createLogger({
    level: logLevel,
    encoding,
    stream: { write: (text: string) => writePainted(stderr, text) },
    clock,
    colour: wantsColour(context, stderr),
  });
}
