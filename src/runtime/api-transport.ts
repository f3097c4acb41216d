import { createHash } from "node:crypto";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { type ApiResult, failureFromAbort, failureFromError } from "./api-error.ts";
import type { Cluster, ClusterCredentials, ClusterTls } from "./cluster.ts";
import type { RequestObserver } from "./observers.ts";
import { createConnector } from "./proxy/connector.ts";

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborts the request at any point, even while its body is read. */
  readonly signal: AbortSignal;
}

export interface TransportOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly observer?: RequestObserver | undefined;
}

interface Agents {
  /** The object from which the fingerprint was computed. */
  readonly tls: ClusterTls;
  readonly fingerprint: string;
  readonly calls: Agent;
  readonly watches: Agent;
}

interface KeptCredentials {
  readonly at: number;
  readonly read: ReturnType<Cluster["credentials"]>;
}

/**
 * How long credentials are kept before the files are read again: soon enough that a rotated token or CA is used long
 * before the old one expires.
 */
const CREDENTIALS_KEPT_MS = 10_000;

/**
 * Keeps and shares HTTP/1.1 connections to one API server. Calls and watches have separate pools, so that watches,
 * which hold their connections, can never use up those of calls. HTTP/2 is not used, because one stalled connection
 * would stall everything. When the TLS material changes, new requests use new connections, and the old ones are closed
 * after their last request.
 */
export class ApiTransport {
  readonly #options: TransportOptions;
  readonly #origin: string;
  readonly #prefix: string;
  #agents: Agents | undefined;
  #credentials: KeptCredentials | undefined;
  #rejected: ClusterCredentials | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    const server = new URL(options.cluster.server);
    this.#origin = server.origin;
    this.#prefix = server.pathname.replace(/\/$/, "");
  }

  /**
   * Sends a request and waits for the headers of the answer. The caller must read the body to its end or destroy it.
   */
  async send(request: TransportRequest, pool: "calls" | "watches"): Promise<ApiResult<Dispatcher.ResponseData>> {
    const what = `${request.method} ${request.path}`;
    const credentials = await this.#currentCredentials(what, request.signal);
    if (!credentials.ok) return credentials;
    const kept = this.#credentials;
    const query = request.query.size === 0 ? "" : `?${request.query}`;
    const { userAgent, observer } = this.#options;
    try {
      const response = await this.#agentsFor(credentials.value.tls)[pool].request({
        origin: this.#origin,
        path: `${this.#prefix}${request.path}${query}`,
        method: request.method,
        headers: { "user-agent": userAgent, ...mutable(credentials.value.headers), ...request.headers },
        body: request.body ?? null,
        signal: request.signal,
      });
      observer?.answered(request.method, response.statusCode);
      if (response.statusCode === 401) this.#reject(credentials.value, kept);
      return success(response);
    } catch (error) {
      observer?.answered(request.method, undefined);
      return failure(failureFromError(what, error, request.signal));
    }
  }

  /** Closes all connections immediately. Running requests fail. */
  async close(): Promise<void> {
    const agents = this.#agents;
    this.#agents = undefined;
    await Promise.all([agents?.calls.destroy(), agents?.watches.destroy()]);
  }

  /** The token may be expired or rotated: the next call reads the files and asks plugins again. */
  #reject(used: ClusterCredentials, kept: KeptCredentials | undefined): void {
    this.#rejected = used;
    // Another call may have replaced them already.
    if (this.#credentials === kept) this.#credentials = undefined;
  }

  async #currentCredentials(what: string, signal: AbortSignal): Promise<ApiResult<ClusterCredentials>> {
    const now = this.#options.clock.monotonic();
    // Keep the promise instead of its value, so that an exec plugin runs once, no matter how many calls wait for it.
    if (this.#credentials === undefined || now - this.#credentials.at >= CREDENTIALS_KEPT_MS) {
      this.#credentials = { at: now, read: this.#options.cluster.credentials(this.#rejected) };
    }
    const read = await unlessAborted(this.#credentials.read, signal);
    if (read === undefined) return failure(failureFromAbort(what, signal.reason));
    if (read.ok) return read;
    this.#credentials = undefined;
    return failure({ kind: "Unauthorized", message: `${what}: ${read.failure}` });
  }

  #agentsFor(tls: ClusterTls): Agents {
    if (this.#agents?.tls === tls) return this.#agents;
    const fingerprint = fingerprintOf(tls);
    if (this.#agents?.fingerprint === fingerprint) {
      this.#agents = { ...this.#agents, tls };
      return this.#agents;
    }
    const old = this.#agents;
    // An agent's close() waits for running requests. It rejects only if close() below has already destroyed the agent.
    void Promise.allSettled([old?.calls.close(), old?.watches.close()]);
    const { cluster, clock } = this.#options;
    const { ca, ...others } = tls;
    const material = ca === undefined ? {} : { ca: typeof ca === "string" || Buffer.isBuffer(ca) ? ca : [...ca] };
    const shared = {
      connect: createConnector({ ...others, ...material }, cluster.proxy, clock),
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      bodyTimeout: 0,
      headersTimeout: 0,
    };
    this.#agents = {
      tls,
      fingerprint,
      calls: new Agent({ ...shared, connections: 16 }),
      watches: new Agent(shared),
    };
    return this.#agents;
  }
}

/** undici's type of headers does not allow lists that are read-only. */
function mutable(headers: ClusterCredentials["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}

/** Returns a hash, so that keys are not stored in another place. */
function fingerprintOf(tls: ClusterTls): string {
  const hash = createHash("sha256").update(`${tls.servername ?? ""}\n${tls.rejectUnauthorized}\n`);
  for (const material of [tls.ca, tls.cert, tls.key]) {
    const one = createHash("sha256");
    for (const part of typeof material === "string" || Buffer.isBuffer(material) ? [material] : (material ?? []))
      one.update(part);
    hash.update(one.digest());
  }
  return hash.digest("hex");
}

/** Resolves to undefined if the signal fires first: an exec plugin cannot be aborted and may never end. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
