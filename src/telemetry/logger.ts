import { styleText } from "node:util";
import winston from "winston";
import type { Clock } from "../common/clock.ts";
import type { LogFields, Logger } from "../common/logger.ts";
import { redact } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_ENCODINGS = ["json", "console"] as const;
export type LogEncoding = (typeof LOG_ENCODINGS)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** json: one object a line. console: for people at a terminal. */
  readonly encoding: LogEncoding;
  readonly stream: NodeJS.WritableStream;
  readonly colour?: boolean;
  readonly clock: Pick<Clock, "now">;
}

export interface LogLine {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields: LogFields;
}

/** The product's logger: constant messages, everything that varies in fields, nothing secret. */
export function createLogger(options: LoggerOptions): Logger {
  const render = (line: LogLine) =>
    options.encoding === "json" ? renderJson(line, options.clock.now()) : renderConsole(line, options.colour ?? false);
  const sink = winston.createLogger({
    level: options.level,
    format: winston.format.printf((info) => render(info.line as LogLine)),
    transports: [new winston.transports.Stream({ stream: options.stream })],
  });
  return wrap({}, (line) => {
    if (sink.isLevelEnabled(line.level)) sink.log({ level: line.level, message: line.msg, line });
  });
}

function wrap(bound: LogFields, write: (line: LogLine) => void): Logger {
  const at =
    (level: LogLevel) =>
    (msg: string, fields: LogFields = {}) =>
      write({ level, msg, fields: { ...bound, ...fields } });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap({ ...bound, ...fields }, write),
  };
}

function renderJson({ level, msg, fields }: LogLine, now: number): string {
  return JSON.stringify({ ts: new Date(now).toISOString(), level, msg: redact(msg), ...(redact(fields) as object) });
}

function renderConsole({ level, msg, fields }: LogLine, colour: boolean): string {
  const safe = redact(fields) as Record<string, unknown>;
  const details = Object.entries(safe)
    .filter(([name]) => name !== "reconcileID")
    .map(
      ([name, value]) => `${name}=${typeof value === "string" && !value.includes(" ") ? value : JSON.stringify(value)}`,
    );
  const paint = { debug: "gray", info: "green", warn: "yellow", error: "red" } as const;
  const label = level.toUpperCase().padEnd(5);
  return [colour ? styleText(paint[level], label, { validateStream: false }) : label, redact(msg), ...details].join(
    " ",
  );
}
