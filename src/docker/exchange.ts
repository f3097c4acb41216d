import type { Agent, IncomingHttpHeaders, IncomingMessage } from "node:http";
import * as http from "node:http";
import * as https from "node:https";
import type { Endpoint } from "./endpoint.ts";

/** A body larger than this is refused: 2000 containers list in 3 MB. Bytes. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

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
  readonly method: "GET" | "HEAD";
  /** With its query; the endpoint's prefix is put before it. */
  readonly path: string;
  /** Ends the exchange in every phase, with its reason. */
  readonly signal: AbortSignal;
}

/**
 * One request without a body and its whole answer. Always settles: a connection that is cut or stalls in the middle
 * of an answer, which leaves docker-modem's own promises pending for ever, ends in an error here.
 */
export function exchange(options: ExchangeOptions): Promise<EngineReply> {
  const { endpoint, agent, method, signal } = options;
  signal.throwIfAborted();
  const target =
    endpoint.kind === "unix"
      ? { socketPath: endpoint.path, path: options.path }
      : { hostname: endpoint.host, port: endpoint.port, path: endpoint.pathPrefix + options.path };
  const { request: send } = endpoint.kind === "tcp" && endpoint.scheme === "https" ? https : http;
  return new Promise((resolve, reject) => {
    const request = send({ ...target, method, agent, headers: { "User-Agent": "dockerhost-operator" } });
    const abort = () => request.destroy(toError(signal.reason));
    const settle = () => signal.removeEventListener("abort", abort);
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", fail);
    request.on("response", (response) => {
      collect(response).then(
        (body) => {
          settle();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        },
        (error: Error) => {
          request.destroy();
          fail(signal.aborted ? toError(signal.reason) : error);
        },
      );
    });
    request.end();
  });
}

function collect(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) reject(new ReplyTooLarge(`the answer is larger than ${MAX_BODY_BYTES} bytes`));
      else chunks.push(chunk);
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
    response.on("error", reject);
    response.on("close", () => {
      if (!response.complete) reject(new TruncatedReply("the connection was closed in the middle of the answer"));
    });
  });
}

/** What is no JSON stays the Buffer that it is: the schema of the answer then refuses it by name. */
export function parseJson(body: Buffer): object {
  try {
    return JSON.parse(body.toString("utf8")) as object;
  } catch {
    return body;
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
