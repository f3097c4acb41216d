import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kube, kubeconfig } from "../env/kube.ts";
import { createAuthority } from "../support/pki.ts";
import { ProxiedWatch, type WatchFault } from "./proxied-watch.ts";

/** What happens to a request instead of, or before, its way to the API server. */
export type RequestFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection ends without an answer. */
  | { readonly kind: "reset" }
  | { readonly kind: "slow"; readonly ms: number };

export interface SeenRequest {
  /** Wall-clock milliseconds. */
  readonly at: number;
  /** WATCH for a GET that watches. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly userAgent: string;
  readonly accept: string;
}

export type RequestFilter = (request: SeenRequest) => boolean;

interface PlannedFault {
  readonly matches: RequestFilter;
  readonly fault: RequestFault;
  times: number;
}

/** A way to the API server that notes what it is asked, and on which things can be made to go wrong. */
export class ApiProxy {
  readonly seen: SeenRequest[] = [];
  /** The API server, by this way. */
  readonly kube: Kube;
  readonly #upstream: Kube;
  readonly #server: Server;
  readonly #port: number;
  readonly #folder: string;
  readonly #planned: PlannedFault[] = [];
  readonly #watches = new Set<ProxiedWatch>();

  private constructor(upstream: Kube, kube: Kube, server: Server, folder: string) {
    this.#upstream = upstream;
    this.kube = kube;
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#folder = folder;
    server.on("request", (incoming, response) => this.#take(incoming, response));
    // Either side may well cut a connection.
    server.on("tlsClientError", () => undefined);
  }

  static async start(upstream: Kube): Promise<ApiProxy> {
    const authority = await createAuthority({ commonName: "way to the API server" });
    const serving = await authority.issue({ commonName: "127.0.0.1", ipAddresses: ["127.0.0.1"] });
    const server = createServer({ cert: serving.certPem, key: serving.keyPem });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-proxy-"));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ca = authority.certPem;
    const path = join(folder, "kubeconfig");
    await writeFile(path, kubeconfig(url, ca, upstream.facts.token), { mode: 0o600 });
    return new ApiProxy(upstream, new Kube({ ...upstream.facts, url, ca, kubeconfig: path }), server, folder);
  }

  /** `METHOD /path` of each. */
  get requests(): readonly string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  /** How often a Secret was read by its name. */
  secretReads(namespace: string, name: string): number {
    const wanted = `GET /api/v1/namespaces/${namespace}/secrets/${name}`;
    return this.requests.filter((each) => each === wanted).length;
  }

  get openWatches(): readonly SeenRequest[] {
    return [...this.#watches].filter(({ isOpen }) => isOpen).map(({ request: asked }) => asked);
  }

  /** The next `times` requests that match get the fault. */
  fail(matches: RequestFilter, fault: RequestFault, times = 1): void {
    this.#planned.push({ matches, fault, times });
  }

  /** Interrupts the watches that match, even repeatedly; returns how many. */
  strike(matches: RequestFilter, fault: WatchFault): number {
    const struck = [...this.#watches].filter((watch) => !watch.isOver && matches(watch.request));
    for (const watch of struck) watch.strike(fault);
    return struck.length;
  }

  /** Nothing listens any more, and every connection ends. */
  async away(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async back(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.away();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "https://proxy");
    const seen: SeenRequest = {
      at: Date.now(),
      method: searchParams.get("watch") === "true" ? "WATCH" : (incoming.method ?? "GET"),
      path: pathname,
      userAgent: incoming.headers["user-agent"] ?? "",
      accept: incoming.headers.accept ?? "",
    };
    this.seen.push(seen);
    const planned = this.#planned.find(({ matches, times }) => times > 0 && matches(seen));
    if (planned === undefined) {
      this.#forward(seen, incoming, response);
      return;
    }
    planned.times--;
    const { fault } = planned;
    if (fault.kind === "reset") response.destroy();
    else if (fault.kind === "slow") setTimeout(() => this.#forward(seen, incoming, response), fault.ms);
    else refuse(response, fault);
  }

  #forward(seen: SeenRequest, incoming: IncomingMessage, response: ServerResponse): void {
    const { url, ca } = this.#upstream.facts;
    const { method, headers } = incoming;
    const upstream = request(`${url}${incoming.url}`, { method, headers, ca }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // A watch that has nothing to report yet has started nevertheless.
      response.flushHeaders();
      answer.on("error", () => response.destroy());
      if (seen.method !== "WATCH") return void answer.pipe(response);
      const watch = new ProxiedWatch(seen, answer, response);
      this.#watches.add(watch);
      response.once("close", () => this.#watches.delete(watch));
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    incoming.pipe(upstream);
  }
}

/** As the API server says it. */
function refuse(response: ServerResponse, { status, retryAfterSeconds }: RequestFault & { kind: "status" }): void {
  const headers = { "content-type": "application/json" };
  response.writeHead(status, {
    ...headers,
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code: status, message: "chaos" }));
}
