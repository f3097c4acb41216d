import type { Agent, IncomingHttpHeaders, IncomingMessage } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import { parseBoundedJson } from "../common/bounded-json.ts";
import { ByteBudget, type ByteLease } from "../common/byte-budget.ts";
import { ByteCollector } from "../common/byte-collector.ts";
import type { Clock } from "../common/clock.ts";
import { watchForRetry } from "../common/kept-connection.ts";
import { type Endpoint, usesTls } from "./endpoint.ts";

/** Limits in bytes; a larger body is refused. */
export const BODY_LIMITS = {
  /** For pings, versions and /info: a daemon with many plugins, runtimes and warnings sends 20 KiB. */
  small: 64 * 1024,
  /** For one container, one image, or what a registry has for a tag. */
  single: 1024 * 1024,
  /** For lists: 2000 containers take 3 MB. */
  list: 32 * 1024 * 1024,
} as const;

export type BodyLimit = keyof typeof BODY_LIMITS;

/** For one object or one item of a list. Parsing this many bytes takes twenty milliseconds. */
export const MAX_BODY_VALUES = 50_000;

/** The beginning of an error is enough. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A body that is larger than this waits for room in the budget, step by step. */
const UNCOUNTED_BYTES = 64 * 1024;
const STEP_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 64 * 1024;

/** Far less than the memory that the chart gives the controller. */
const REPLIES_BYTES = 64 * 1024 * 1024;

/** Limits how much memory the answers of all daemons take at the same time. */
export function replyBudget(clock: Clock): ByteBudget {
  return new ByteBudget({ total: REPLIES_BYTES, largest: BODY_LIMITS.list, clock });
}

export interface EngineReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Holds its part of the budget until it is disposed of. Only an answer with status 200 holds any. */
export type HeldReply = EngineReply & Disposable;

/** The other side closed the connection before its answer was complete. */
export class TruncatedReply extends Error {
  override readonly name = "TruncatedReply";
}

export class ReplyTooLarge extends Error {
  override readonly name = "ReplyTooLarge";
}

export interface ExchangeOptions {
  readonly endpoint: Endpoint;
  readonly agent: Agent;
  /** The path with its query; the endpoint's prefix is put in front of it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The method and the JSON of a request that changes something; default GET. Only engine-changes.ts uses it. */
  readonly change?: { readonly method: "POST" | "DELETE"; readonly body?: string };
  /** Passes on an answer with status 200 line by line as it arrives, without storing it. A line may have 64 KiB. */
  readonly onLine?: (line: Buffer) => void;
  /** The default is `small`. */
  readonly limit?: BodyLimit;
  /** Identifies who shares the budget fairly with others. */
  readonly owner?: string;
  /** The budget for the answers that are in memory at the same time. */
  readonly budget: ByteBudget;
  /** Ends the exchange in any phase, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The result of one try: its answer, or whether the same request may be sent again. */
type Try = { readonly reply: HeldReply } | { readonly error: Error; readonly mayRetry: boolean };

/**
 * Sends one request and reads its whole answer. Always settles: if a connection is cut or stalls in the middle of an
 * answer, which leaves docker-modem's own promises pending forever, this ends with an error.
 */
export async function exchange(options: ExchangeOptions): Promise<HeldReply> {
  for (;;) {
    const done = await send(options);
    if ("reply" in done) return done.reply;
    if (!done.mayRetry) throw done.error;
  }
}

function send(options: ExchangeOptions): Promise<Try> {
  const { endpoint, agent, path, headers = {}, change, signal } = options;
  const target =
    endpoint.kind === "unix"
      ? { socketPath: endpoint.path, path }
      : endpoint.kind === "ssh"
        ? // The agent's connections are channels to the daemon's socket, but HTTP needs a host name.
          { hostname: "docker", path }
        : { hostname: endpoint.host, port: endpoint.port, path: endpoint.pathPrefix + path };
  const transport = usesTls(endpoint) ? https : http;
  return new Promise((resolve) => {
    signal.throwIfAborted();
    const sent = { "User-Agent": "dockerhost-operator", ...(change && bodyHeaders(change.body)), ...headers };
    const request = transport.request({ ...target, method: change?.method ?? "GET", agent, headers: sent });
    const mayRetry = watchForRetry(request);
    const finish = () => signal.removeEventListener("abort", abort);
    // Only the first error counts; ending the request causes others.
    const fail = (error: Error) => {
      finish();
      resolve({ error, mayRetry: !signal.aborted && mayRetry(error) });
      request.destroy();
    };
    const abort = () => fail(toError(signal.reason));
    let answered = false;
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", fail);
    request.on("response", (response) => {
      answered = true;
      collect(response, options, fail).then((reply) => {
        finish();
        resolve({ reply });
      }, fail);
    });
    // For example after an answer that switches protocols, which is neither a response nor an error.
    request.on("close", () => {
      if (!answered) fail(new TruncatedReply("the connection was closed before the answer"));
    });
    request.end(change?.body);
  });
}

/** Sends the length with a change: without it, Node would send an empty body in chunks, which some proxies refuse. */
function bodyHeaders(body: string | undefined): Readonly<Record<string, string | number>> {
  if (body === undefined) return { "Content-Length": 0 };
  return { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
}

/** @param takeBack ends the request if others are waiting for the memory that its answer takes */
async function collect(
  response: IncomingMessage,
  { limit = "small", owner = "", budget, signal, onLine }: ExchangeOptions,
  takeBack: (error: Error) => void,
): Promise<HeldReply> {
  const { statusCode: status = 0, headers } = response;
  const isError = status !== 200;
  if (!isError && onLine !== undefined) {
    await readLines(response, onLine);
    return { status, headers, body: Buffer.alloc(0), [Symbol.dispose]: () => {} };
  }
  const max = isError ? MAX_ERROR_BYTES : BODY_LIMITS[limit];
  const body = new ByteCollector(max);
  let room: ByteLease | undefined;
  try {
    let size = 0;
    let counted = UNCOUNTED_BYTES;
    for await (const chunk of chunksOf(response)) {
      size += chunk.length;
      while (counted < Math.min(size, max)) {
        const step = Math.min(STEP_BYTES, max - counted);
        room ??= budget.lease(owner, takeBack);
        await room.grow(step, signal);
        counted += step;
      }
      if (body.add(chunk)) continue;
      if (isError) break;
      throw new ReplyTooLarge(`the answer is larger than ${max} bytes`);
    }
    room?.keep();
    return { status, headers, body: body.concat(), [Symbol.dispose]: () => room?.[Symbol.dispose]() };
  } catch (error) {
    room?.[Symbol.dispose]();
    throw error;
  }
}

async function readLines(response: IncomingMessage, onLine: (line: Buffer) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(response)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      onLine(Buffer.concat([rest, chunk.subarray(start, end)]));
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(start)]);
    if (rest.length > MAX_LINE_BYTES)
      throw new ReplyTooLarge(`a line of the answer is longer than ${MAX_LINE_BYTES} bytes`);
  }
  if (rest.length > 0) onLine(rest);
}

/** Yields one chunk after another, and does not read faster than the caller takes them. */
async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response;
  } catch {
    throw new TruncatedReply("the connection was closed in the middle of the answer");
  }
}

/**
 * Keeps the Buffer if it is not a JSON object or list, or has too many values: the answer's schema then refuses it by
 * name.
 */
export function parseJson(body: Buffer): object {
  const value = parseBoundedJson(body.toString("utf8"), MAX_BODY_VALUES);
  return typeof value === "object" && value !== null ? value : body;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
