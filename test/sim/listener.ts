import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import https from "node:https";
import net from "node:net";
import type { TLSSocket } from "node:tls";
import { Counters } from "./counters.ts";
import { type Reply, readRequest, type SimRequest, writeReply } from "./exchange.ts";
import { type AnswerFault, answerFault, type Fault, isConnectionFault } from "./faults.ts";

/** All PEM. With `clientCa`, a client certificate of that authority is required. */
export interface SimTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

export interface ListenerOptions {
  /** Absent: plain HTTP. */
  readonly tls?: SimTls;
  /** A Unix socket to listen on; default a free port of 127.0.0.1. */
  readonly socketPath?: string;
  /** Every answer is delayed by this much. */
  readonly latencyMs?: number;
  readonly answer: (request: SimRequest) => Reply;
}

/** First byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;

/** What Go's server says to a client that speaks HTTP to its TLS port. */
const HTTP_TO_HTTPS = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/** A real HTTP or HTTPS server on loopback whose faults can be set while it runs. */
export class Listener {
  readonly counters = new Counters();
  readonly #options: ListenerOptions;
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<net.Socket>();
  /** Accepts in front of the HTTP server, so that it can fall silent before TLS begins and refuse without ending it. */
  #front: net.Server | undefined;
  #port = 0;
  #faults: readonly Fault[] = [];

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer(options.tls, (request, response) => {
      this.#exchange(request, response).catch((error: Error) => response.destroy(error));
    });
    this.#server.on("secureConnection", (socket: TLSSocket) => {
      this.counters.handshakes++;
      const { fingerprint256 } = socket.getPeerCertificate();
      if (fingerprint256 === undefined) return;
      const { clients } = this.counters;
      clients.set(fingerprint256, (clients.get(fingerprint256) ?? 0) + 1);
    });
  }

  static async start(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await listener.#listen();
    return listener;
  }

  /** 0 on a Unix socket. */
  get port(): number {
    return this.#port;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Replaces all faults; an empty list is health. Existing connections end, since a kept one would escape the fault. */
  async setFaults(faults: readonly Fault[]): Promise<void> {
    this.#faults = faults;
    this.#dropConnections();
    const refuse = faults.some((fault) => fault.kind === "refuse");
    if (refuse) await this.#stopListening();
    else if (this.#front === undefined) await this.#listen();
  }

  async close(): Promise<void> {
    this.#dropConnections();
    await this.#stopListening();
  }

  async #listen(): Promise<void> {
    const front = net.createServer((socket) => this.#accept(socket));
    const { socketPath } = this.#options;
    front.listen(socketPath === undefined ? { host: "127.0.0.1", port: this.#port } : { path: socketPath });
    await once(front, "listening");
    const address = front.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#front = front;
  }

  async #stopListening(): Promise<void> {
    const front = this.#front;
    if (front === undefined) return;
    this.#front = undefined;
    front.close();
    await once(front, "close");
  }

  #accept(socket: net.Socket): void {
    this.counters.connections++;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // the client's business: it went away
    const fault = this.#faults.find(isConnectionFault);
    if (fault?.kind === "silent") return;
    if (fault?.kind === "reset") return void socket.resetAndDestroy();
    if (this.#options.tls === undefined) return void this.#server.emit("connection", socket);
    socket.once("data", (first) => {
      socket.pause();
      if (first[0] !== TLS_HANDSHAKE) return void socket.end(HTTP_TO_HTTPS);
      socket.unshift(first);
      this.#server.emit("connection", socket);
    });
  }

  async #exchange(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    const reply = this.#options.answer(request);
    this.counters.add(`${request.method} ${reply.route}`);
    writeReply(response, reply, answerFault(this.#faults, request) ?? this.#latency());
  }

  #dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #latency(): AnswerFault | undefined {
    const { latencyMs = 0 } = this.#options;
    return latencyMs > 0 ? { kind: "delay", ms: latencyMs } : undefined;
  }
}

function createServer(tls: SimTls | undefined, listener: RequestListener): http.Server | https.Server {
  // Go's servers let idle connections be: a client that relies on a timeout here would fail elsewhere.
  const limits = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  if (tls === undefined) return http.createServer(limits, listener);
  const { cert, key, clientCa } = tls;
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return https.createServer({ ...limits, cert, key, minVersion: "TLSv1.2", ...clients }, listener);
}
