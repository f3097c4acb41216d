import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "./logger.ts";
import { PacedConnection, paceConnections } from "./paced-connection.ts";
import { failure, type Result, success } from "./result.ts";
import type { ServerPair } from "./x509/self-signed.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  /** Fires when the client has gone or the server closes. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent as it comes, no faster than the client reads it. */
  readonly body: string | Uint8Array | AsyncIterable<string>;
}

export interface ListenOptions {
  /** The address to bind. */
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  /** Closes the server and all its connections. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export interface HttpServerOptions extends ListenOptions {
  /** Answers GET and HEAD. If it throws, the answer is 500, and the log says why. */
  readonly handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
  /** Sent with every answer, including those that the handler does not give. An answer can override them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More connections at the same time are closed immediately. The default is 256. */
  readonly maxConnections?: number;
  /** A connection on which nothing is sent for this long is closed. The default is 30 s. */
  readonly idleMs?: number;
  /** How long a client may take to send a request, or to finish the handshake of TLS. The default is 5 s. */
  readonly requestMs?: number;
  /** Serves over TLS. */
  readonly secure?: ServerSecurity | undefined;
}

export interface ServerSecurity {
  readonly pair: ServerPair;
  /** Calls back with each pair that replaces the former one. */
  follow(onChange: (pair: ServerPair) => void, signal: AbortSignal): void;
}

export interface Listening {
  readonly port: number;
  readonly closed: Promise<void>;
}

const TLS = { minVersion: "TLSv1.2" } as const;
/** TLS copies what is written for each client, and keeps the copy until the client has read it. */
const SLICE_BYTES = 64 * 1024;

/**
 * Serves what a handler answers, until the signal fires. The requests of a connection are answered one after the other.
 * They are bounded in headers and time, connections and their unanswered requests in number, and bodies of requests are
 * never read. A failure is the message of the system.
 */
export async function serveHttp(options: HttpServerOptions): Promise<Result<Listening, string>> {
  const { handle, logger, maxConnections = 256, idleMs = 30_000, headers = {} } = options;
  const server = createServer(options, (request, response) => {
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    response.once("close", () => gone.abort());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const reply = async () => {
      try {
        await answer(request, response, handle, gone.signal);
      } catch (error) {
        if (gone.signal.aborted) return;
        logger.error("Cannot answer a request", { path: request.url?.split("?")[0], error });
        // The text of the error may contain what only the log should have.
        if (response.headersSent) response.destroy();
        else send(response, { status: 500, body: "an error occurred; the log says why\n" });
      }
      await closed;
    };
    const connection: unknown = request.socket;
    if (connection instanceof PacedConnection) void connection.answerInOrder(reply);
  });
  paceConnections(server);
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  if (server instanceof https.Server)
    options.secure?.follow((pair) => server.setSecureContext({ ...TLS, ...pair }), options.signal);
  return await listen(server, options);
}

function createServer(
  { secure, requestMs = 5_000 }: HttpServerOptions,
  listener: http.RequestListener,
): http.Server | https.Server {
  const limits = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    // Node enforces both only as often as it checks its connections, which is every 30 s by default.
    connectionsCheckingInterval: requestMs,
    maxHeaderSize: 16 * 1024,
  };
  if (secure === undefined) return http.createServer(limits, listener);
  return https.createServer({ ...limits, ...TLS, ...secure.pair, handshakeTimeout: requestMs }, listener);
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  handle: HttpServerOptions["handle"],
  signal: AbortSignal,
): Promise<void> {
  // A body is not read, so the connection cannot be used for another request.
  if (request.headers["transfer-encoding"] !== undefined || (request.headers["content-length"] ?? "0") !== "0")
    response.shouldKeepAlive = false;
  // The URL constructor would throw at an invalid URL.
  const url = URL.parse(request.url ?? "/", "http://server");
  if (url === null) return send(response, { status: 404, body: "not found\n" });
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, { status: 405, headers: { allow: "GET, HEAD" }, body: "method not allowed\n" });
  const { body, ...head } = await handle({ url, headers: request.headers, signal });
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (bytes instanceof Uint8Array) {
    if (bytes.length <= SLICE_BYTES) return send(response, { ...head, body: bytes });
    response.setHeader("content-length", bytes.length);
  }
  writeHead(response, head);
  if (request.method === "HEAD") response.end();
  else await pipeline(Readable.from(bytes instanceof Uint8Array ? slicesOf(bytes) : bytes), response, { signal });
}

function* slicesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
}

function writeHead(response: http.ServerResponse, { status, headers }: Omit<HttpAnswer, "body">): void {
  const common = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  response.writeHead(status, { ...common, ...headers });
}

function send(
  response: http.ServerResponse,
  { body, ...head }: HttpAnswer & { readonly body: string | Uint8Array },
): void {
  writeHead(response, head);
  response.end(body);
}

/** Makes a server listen until the signal fires. A failure is the message of the system. */
export function listen(
  server: http.Server | https.Server,
  { host, port, signal, logger }: ListenOptions,
): Promise<Result<Listening, string>> {
  return new Promise((resolve) => {
    const stop = () => {
      server.close();
      server.closeAllConnections();
    };
    const closed = new Promise<void>((done) => server.once("close", done));
    // Keep listening for errors after the start, or the next one would end the process. A connection that cannot be
    // accepted, for example because too many files are open, must not affect others. Only the first failure settles the
    // promise.
    server.on("error", (error) => {
      if (server.listening) logger.debug("Cannot accept a connection", { port, error });
      resolve(failure(error.message));
    });
    server.listen({ host, port }, () => {
      // A TCP server that is listening has an address, which is not the name of a pipe.
      const address = server.address() as AddressInfo;
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      resolve(success({ port: address.port, closed }));
    });
  });
}
