import { createHash } from "node:crypto";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import { type ApiResult, failureFromAbort, failureFromError } from "./api-error.ts";
import type { Cluster, ClusterCredentials, ClusterTls } from "./cluster.ts";
import type { RequestObserver } from "./observers.ts";

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request at any point, also while its body is read. */
  readonly signal: AbortSignal;
}

export interface TransportOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly observer?: RequestObserver | undefined;
}

interface Agents {
  readonly fingerprint: string;
  readonly calls: Agent;
  readonly watches: Agent;
}

/** Files are looked at again this often: a rotated token or CA is in use long before the old one ends. */
const CREDENTIALS_KEPT_MS = 10_000;

/**
 * HTTP/1.1 connections to one API server, kept and shared. Calls and watches have pools of their own, so that watches,
 * which hold theirs, can never use up the calls'. Not HTTP/2: there a single stalled connection would stall everything.
 * When the TLS material changes, new requests take new connections and the old ones end with their last request.
 */
export class ApiTransport {
  readonly #options: TransportOptions;
  readonly #origin: string;
  readonly #prefix: string;
  #agents: Agents | undefined;
  #credentials: { readonly at: number; readonly read: ReturnType<Cluster["credentials"]> } | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    const server = new URL(options.cluster.server);
    this.#origin = server.origin;
    this.#prefix = server.pathname.replace(/\/$/, "");
  }

  /** Sends and waits for the answer's headers. The caller must read the body to its end, or destroy it. */
  async send(request: TransportRequest, pool: "calls" | "watches"): Promise<ApiResult<Dispatcher.ResponseData>> {
    const what = `${request.method} ${request.path}`;
    const credentials = await this.#currentCredentials(what, request.signal);
    if (!credentials.ok) return credentials;
    const query = request.query.size === 0 ? "" : `?${request.query}`;
    const { userAgent, observer } = this.#options;
    try {
      const response = await this.#agentsFor(credentials.value.tls)[pool].request({
        origin: this.#origin,
        path: `${this.#prefix}${request.path}${query}`,
        method: request.method,
        headers: { "user-agent": userAgent, ...credentials.value.headers, ...request.headers },
        body: request.body ?? null,
        signal: request.signal,
      });
      observer?.answered(request.method, response.statusCode);
      // An expired or rotated token: the next call reads the files again.
      if (response.statusCode === 401) this.#credentials = undefined;
      return success(response);
    } catch (error) {
      observer?.answered(request.method, undefined);
      return failure(failureFromError(what, error, request.signal));
    }
  }

  /** Ends every connection at once; requests that run fail. */
  async close(): Promise<void> {
    const agents = this.#agents;
    this.#agents = undefined;
    await Promise.all([agents?.calls.destroy(), agents?.watches.destroy()]);
  }

  async #currentCredentials(what: string, signal: AbortSignal): Promise<ApiResult<ClusterCredentials>> {
    const now = this.#options.clock.monotonic();
    // The promise is kept, not its value: an exec plugin is run once, however many calls wait for it.
    if (this.#credentials === undefined || now - this.#credentials.at >= CREDENTIALS_KEPT_MS) {
      this.#credentials = { at: now, read: this.#options.cluster.credentials() };
    }
    const read = await unlessAborted(this.#credentials.read, signal);
    if (read === undefined) return failure(failureFromAbort(what, signal.reason));
    if (read.ok) return read;
    this.#credentials = undefined;
    return failure({ kind: "Unauthorized", message: `${what}: ${read.failure}` });
  }

  #agentsFor(tls: ClusterTls): Agents {
    const fingerprint = fingerprintOf(tls);
    if (this.#agents?.fingerprint === fingerprint) return this.#agents;
    const old = this.#agents;
    // close() waits for the requests that run. It only rejects for an agent that close() has already destroyed.
    void Promise.allSettled([old?.calls.close(), old?.watches.close()]);
    // 30 s between TCP probes, as Go has it: below the idle limits of cloud load balancers.
    const connect = { ...tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const shared = {
      connect,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      bodyTimeout: 0,
      headersTimeout: 0,
    };
    this.#agents = {
      fingerprint,
      calls: new Agent({ ...shared, connections: 16 }),
      watches: new Agent(shared),
    };
    return this.#agents;
  }
}

/** A hash, so that no key is kept in one more place. */
function fingerprintOf(tls: ClusterTls): string {
  const hash = createHash("sha256").update(`${tls.servername ?? ""}\n${tls.rejectUnauthorized}\n`);
  for (const material of [tls.ca, tls.cert, tls.key]) {
    hash.update(
      createHash("sha256")
        .update(material ?? "")
        .digest(),
    );
  }
  return hash.digest("hex");
}

/** undefined when the signal fires first: an exec plugin knows no signal and may never end. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
