import { Writable } from "node:stream";
import { styleText } from "node:util";
import winston from "winston";
import { type Clock, toTimestamp } from "../common/clock.ts";
import type { LogFields, Logger } from "../common/logger.ts";
import { redact, redactText } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_ENCODINGS = ["json", "console"] as const;
export type LogEncoding = (typeof LOG_ENCODINGS)[number];

export interface LogStream {
  write(text: string): unknown;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json` writes one object per line; `console` is for people at a terminal. */
  readonly encoding: LogEncoding;
  readonly stream: LogStream;
  readonly colour?: boolean;
  readonly clock: Pick<Clock, "now">;
}

export interface LogLine {
  readonly level: LogLevel;
  readonly msg: string;
  readonly fields: LogFields;
}

/**
 * Creates the product's logger. Messages are constant, everything that varies is in fields, and secrets are redacted.
 */
export function createLogger(options: LoggerOptions): Logger {
  const render = (line: LogLine) => {
    const now = options.clock.now();
    return options.encoding === "json" ? renderJson(line, now) : renderConsole(line, now, options.colour ?? false);
  };
  const sink = winston.createLogger({
    level: options.level,
    format: winston.format.printf((info) => render(info.line as LogLine)),
    transports: [new winston.transports.Stream({ stream: toWritable(options.stream) })],
  });
  return wrap({}, (line) => {
    if (sink.isLevelEnabled(line.level)) sink.log({ level: line.level, message: line.msg, line });
  });
}

/** Wraps the stream, because winston accepts only Node's streams. */
function toWritable(stream: LogStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      stream.write(text);
      done();
    },
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
  const own = { ts: new Date(now).toISOString(), level, msg: redactText(msg) };
  // The own fields are spread twice: the first puts them at the start of the line, the second keeps fields from
  // replacing them.
  return JSON.stringify({ ...own, ...(redact(fields) as object), ...own });
}

function renderConsole({ level, msg, fields }: LogLine, now: number, colour: boolean): string {
  const safe = redact(fields) as Record<string, unknown>;
  const details = Object.entries(safe)
    .filter(([name]) => name !== "reconcileID")
    .map(([name, value]) => `${name}=${forPeople(fields[name] instanceof Error ? inWords(value) : value)}`);
  const paint = { debug: "gray", info: "green", warn: "yellow", error: "red" } as const;
  const label = level.toUpperCase().padEnd(5);
  const painted = colour ? styleText(paint[level], label, { validateStream: false }) : label;
  return [toTimestamp(now), painted, redactText(msg), ...details].join(" ");
}

/**
 * Describes a redacted error and its causes, as in `outer: inner (ECONNREFUSED)`. Only JSON lines contain the stack.
 */
function inWords(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("message" in error)) return error;
  const { message, code, cause, errors } = error as Readonly<Record<string, unknown>>;
  const inner = Array.isArray(errors)
    ? errors.map(inWords).join("; ")
    : cause === undefined
      ? undefined
      : inWords(cause);
  const parts = [message, inner].filter((part) => part !== undefined && part !== "");
  const text = parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(": ");
  return typeof code === "string" && !text.includes(code) ? `${text} (${code})` : text;
}

function forPeople(value: unknown): string {
  return typeof value === "string" && isPlainWord(value) ? value : printable(value);
}

/** Escapes the control characters that JSON does not: those of C1, and those that change the writing direction. */
function printable(value: unknown): string {
  return String(JSON.stringify(value)).replace(/[\p{Cc}\p{Cf}]/gu, (control) =>
    control.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** Whether the text needs no quotes and cannot affect the terminal. */
function isPlainWord(text: string): boolean {
  return /^[^\s"\p{Cc}\p{Cf}]+$/u.test(text);
}
