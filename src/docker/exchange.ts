import type { Agent, IncomingHttpHeaders, IncomingMessage } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import { parseBoundedJson } from "../common/bounded-json.ts";
import { ByteCollector } from "../common/byte-collector.ts";
import { watchForRetry } from "../common/kept-connection.ts";
import { type Endpoint, usesTls } from "./endpoint.ts";

/** A body larger than this is refused: 2000 containers list in 3 MB. Bytes. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Ten thousand containers are listed with a million of them; to parse so many takes 120 MB and a second at the worst. */
export const MAX_BODY_VALUES = 2_000_000;

export interface EngineReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

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
  /** With its query; the endpoint's prefix is put before it. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the exchange in every phase, with its reason. */
  readonly signal: AbortSignal;
}

/** What became of one try: its answer, or whether the same request may be sent again. */
type Try = { readonly reply: EngineReply } | { readonly error: Error; readonly mayRetry: boolean };

/**
 * One GET and its whole answer. Always settles: a connection that is cut or stalls in the middle of an answer, which
 * leaves docker-modem's own promises pending for ever, ends in an error here.
 */
export async function exchange(options: ExchangeOptions): Promise<EngineReply> {
  for (;;) {
    const done = await send(options);
    if ("reply" in done) return done.reply;
    if (!done.mayRetry) throw done.error;
  }
}

function send({ endpoint, agent, path, headers = {}, signal }: ExchangeOptions): Promise<Try> {
  const target =
    endpoint.kind === "unix"
      ? { socketPath: endpoint.path, path }
      : endpoint.kind === "ssh"
        ? // The agent's connections are channels to the daemon's socket; a name is sent all the same.
          { hostname: "docker", path }
        : { hostname: endpoint.host, port: endpoint.port, path: endpoint.pathPrefix + path };
  const transport = usesTls(endpoint) ? https : http;
  return new Promise((resolve) => {
    signal.throwIfAborted();
    const sent = { "User-Agent": "dockerhost-operator", ...headers };
    const request = transport.request({ ...target, method: "GET", agent, headers: sent });
    const mayRetry = watchForRetry(request);
    const finish = () => signal.removeEventListener("abort", abort);
    // The first error is told; those that follow from ending the request change nothing.
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
      collect(response).then((body) => {
        finish();
        resolve({ reply: { status: response.statusCode ?? 0, headers: response.headers, body } });
      }, fail);
    });
    // As after an answer that switches protocols, which is neither a response nor an error.
    request.on("close", () => {
      if (!answered) fail(new TruncatedReply("the connection was closed before the answer"));
    });
    request.end();
  });
}

function collect(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body = new ByteCollector(MAX_BODY_BYTES);
    response.on("data", (chunk: Buffer) => {
      if (!body.add(chunk)) reject(new ReplyTooLarge(`the answer is larger than ${MAX_BODY_BYTES} bytes`));
    });
    response.on("end", () => resolve(body.concat()));
    const cut = () => reject(new TruncatedReply("the connection was closed in the middle of the answer"));
    response.on("error", cut);
    response.on("close", cut);
  });
}

/** What is no JSON object or list, or one of too many values, stays the Buffer that it is: the schema of the answer then refuses it by name. */
export function parseJson(body: Buffer): object {
  const value = parseBoundedJson(body.toString("utf8"), MAX_BODY_VALUES);
  return typeof value === "object" && value !== null ? value : body;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
