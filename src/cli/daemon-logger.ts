import type { Logger } from "../common/logger.ts";
import { createLogger, type LogEncoding, type LogLevel } from "../telemetry/winston-logger.ts";
import { type CliContext, wantsColour } from "./context.ts";
import { writePainted } from "./safe-stream.ts";

export interface LogFlags {
  readonly logLevel: LogLevel;
  /** The default is `console` on a terminal and `json` everywhere else. */
  readonly logEncoding?: LogEncoding | undefined;
}

/** Creates the log, on standard error, of a command that runs until it is stopped. */
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
