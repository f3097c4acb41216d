import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { success } from "../../src/common/result.ts";
import type { Cluster } from "../../src/runtime/cluster.ts";
import type { KubeObject } from "../../src/runtime/kube-object.ts";

/** What the fake does instead of answering. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfter?: number;
    }
  /** Closes the socket without an answer. */
  | { readonly kind: "reset" }
  /** Does what was asked, and closes the socket without an answer. */
  | { readonly kind: "lost answer" }
  /** Takes the request and says nothing. */
  | { readonly kind: "stall" }
  /** Answers 200 with this text, whatever was asked. */
  | { readonly kind: "body"; readonly text: string };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** The client's port: which connection it came over. */
  readonly remotePort: number | undefined;
  readonly body: unknown;
}

/** How open watches are ended. */
export type WatchCut = "end" | "reset" | "truncate" | "garbage";

interface StoredObject extends KubeObject {
  readonly status?: unknown;
}

interface HistoryEntry {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly path: string;
  readonly object: StoredObject;
}

interface OpenWatch {
  readonly collection: string;
  readonly response: ServerResponse;
}

/**
 * As much of an API server as the runtime talks to, over plain HTTP on loopback: lists with pages, watches with history
 * and compaction, create, replace, apply to /status, merge patch. Faults are injected by request.
 */
export class FakeApiServer {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #objects = new Map<string, StoredObject>();
  readonly #watches = new Set<OpenWatch>();
  readonly #faults: { readonly matches: (request: SeenRequest) => boolean; readonly fault: Fault; times: number }[] =
    [];
  #history: HistoryEntry[] = [];
  #version = 100;
  #compacted = 0;
  #port: number | undefined;
  /** While true, open watches receive nothing, as over a half-open connection. */
  mute = false;
  /** What an apply to /status makes of a status. The default is right for a single field manager. */
  mergeStatus: (current: unknown, applied: unknown, fieldManager: string) => unknown = (_current, applied) => applied;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** Listens; on the port of before after a stop(). */
  async start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(this.#port ?? 0, "127.0.0.1", resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  get cluster(): Cluster {
    const credentials = { headers: { authorization: "Bearer canary-token" }, tls: { rejectUnauthorized: true } };
    return { server: `http://127.0.0.1:${this.#port}`, credentials: async () => success(credentials) };
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** The next `times` requests that match get the fault. */
  fail(matches: (request: SeenRequest) => boolean, fault: Fault, times = 1): void {
    this.#faults.push({ matches, fault, times });
  }

  /** Takes all faults back. */
  forgive(): void {
    this.#faults.length = 0;
  }

  /** Creates or replaces the object at its path, as another client would. */
  put(path: string, object: KubeObject & { readonly spec?: unknown; readonly status?: unknown }): StoredObject {
    const before = this.#objects.get(path);
    const version = ++this.#version;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    const stored = { ...object, metadata: { uid, ...object.metadata, resourceVersion: String(version) } };
    this.#objects.set(path, stored);
    this.#remember({ version, type: before === undefined ? "ADDED" : "MODIFIED", path, object: stored });
    return stored;
  }

  delete(path: string): void {
    const object = this.#objects.get(path);
    if (object === undefined) return;
    this.#objects.delete(path);
    const version = ++this.#version;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#remember({ version, type: "DELETED", path, object: last });
  }

  get(path: string): StoredObject | undefined {
    return this.#objects.get(path);
  }

  /** Forgets history, as etcd does: watches from versions before now get 410. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#version;
  }

  /** As after a restore of etcd from a backup that is older: versions go back, and what was written since is unknown. */
  rewind(version: number): void {
    this.#version = version;
    this.#history = [];
    this.#compacted = 0;
    for (const [path, object] of this.#objects) {
      if (Number(object.metadata.resourceVersion) > version) this.#objects.delete(path);
    }
  }

  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.#version) } };
    for (const { response } of this.#watches) response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  /** Sends raw lines to every open watch. */
  say(text: string | Buffer): void {
    for (const { response } of this.#watches) response.write(text);
  }

  cutWatches(how: WatchCut): void {
    for (const { response } of [...this.#watches]) {
      if (how === "end") response.end();
      else if (how === "reset") response.destroy();
      else if (how === "truncate") response.end('{"type":"ADDED","object":{"metadata":{"na');
      else response.write("<html>no watch</html>\n");
    }
  }

  #remember(entry: HistoryEntry): void {
    this.#history.push(entry);
    for (const watch of this.#watches) this.#tell(watch, entry);
  }

  #tell(watch: OpenWatch, { type, path, object }: HistoryEntry): void {
    if (this.mute || collectionOf(path) !== watch.collection) return;
    watch.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", "http://fake");
    const request: SeenRequest = {
      method: incoming.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      remotePort: incoming.socket.remotePort,
      body: await readJson(incoming),
    };
    this.requests.push(request);
    const fault = this.#faults.find((candidate) => candidate.times > 0 && candidate.matches(request));
    if (fault !== undefined) {
      fault.times--;
      inject(fault.fault, response);
      if (fault.fault.kind !== "lost answer") return;
    }
    if (request.method === "POST") this.#create(request, response);
    else if (request.method === "PUT") this.#replace(request, response);
    else if (request.method === "PATCH") this.#patch(request, response);
    else if (request.method === "DELETE") this.#delete(request, response);
    else if (request.query.get("watch") === "true") this.#watch(request, response);
    else if (isObjectPath(request.path)) answerObject(response, this.#objects.get(request.path));
    else this.#list(request, response);
  }

  #list({ path, query, headers }: SeenRequest, response: ServerResponse): void {
    const found = [...this.#objects].filter(([key]) => collectionOf(key) === path).map(([, object]) => object);
    const isPartial = headers.accept?.includes("as=PartialObjectMetadataList") ?? false;
    const all = isPartial ? found.map(({ metadata }) => ({ metadata })) : found;
    const from = Number(query.get("continue") ?? 0);
    const to = from + Number(query.get("limit") ?? all.length);
    const next = to < all.length ? { continue: String(to) } : {};
    const metadata = { resourceVersion: String(this.#version), ...next };
    answer(response, 200, { kind: "List", metadata, items: all.slice(from, to) });
  }

  #watch({ path, query }: SeenRequest, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const from = Number(query.get("resourceVersion"));
    if (from < this.#compacted) {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    const watch = { collection: path, response };
    this.#watches.add(watch);
    response.once("close", () => this.#watches.delete(watch));
    for (const entry of this.#history) if (entry.version > from) this.#tell(watch, entry);
  }

  #create({ path, body }: SeenRequest, response: ServerResponse): void {
    const object = body as KubeObject;
    const at = `${path}/${object.metadata.name}`;
    if (this.#objects.has(at)) answer(response, 409, statusOf(409, "AlreadyExists"));
    else answer(response, 201, this.put(at, object));
  }

  #replace({ path, body }: SeenRequest, response: ServerResponse): void {
    const held = this.#objects.get(path);
    const object = body as KubeObject;
    if (held === undefined) answer(response, 404, statusOf(404, "NotFound"));
    else if (object.metadata.resourceVersion !== held.metadata.resourceVersion)
      answer(response, 409, statusOf(409, "Conflict"));
    else answer(response, 200, this.put(path, object));
  }

  #delete({ path, body }: SeenRequest, response: ServerResponse): void {
    const held = this.#objects.get(path);
    const { preconditions } = body as { readonly preconditions?: { readonly uid?: string } };
    if (held === undefined) answer(response, 404, statusOf(404, "NotFound"));
    else if (preconditions?.uid !== undefined && preconditions.uid !== held.metadata.uid)
      answer(response, 409, statusOf(409, "Conflict"));
    else {
      this.delete(path);
      answer(response, 200, { kind: "Status", status: "Success" });
    }
  }

  #patch({ path, query, body }: SeenRequest, response: ServerResponse): void {
    const at = path.replace(/\/status$/, "");
    const held = this.#objects.get(at);
    const patch = body as Partial<StoredObject>;
    const version = patch.metadata?.resourceVersion;
    if (held !== undefined && version !== undefined && version !== held.metadata.resourceVersion) {
      answer(response, 409, statusOf(409, "Conflict"));
      return;
    }
    if (held === undefined) answer(response, 404, statusOf(404, "NotFound"));
    else {
      const manager = query.get("fieldManager") ?? "";
      const status = at === path ? held.status : this.mergeStatus(held.status, patch.status, manager);
      answer(response, 200, this.put(at, { ...held, ...patch, metadata: held.metadata, status }));
    }
  }
}

function inject(fault: Fault, response: ServerResponse): void {
  if (fault.kind === "reset" || fault.kind === "lost answer") response.destroy();
  else if (fault.kind === "body") response.end(fault.text);
  else if (fault.kind === "status") {
    if (fault.retryAfter !== undefined) response.setHeader("retry-after", String(fault.retryAfter));
    answer(response, fault.status, statusOf(fault.status, fault.reason ?? "InternalError", fault.message));
  }
}

function statusOf(code: number, reason: string, message = `the fake says ${reason}`): object {
  return { kind: "Status", status: "Failure", code, reason, message };
}

function answerObject(response: ServerResponse, object: StoredObject | undefined): void {
  if (object === undefined) answer(response, 404, statusOf(404, "NotFound"));
  else answer(response, 200, object);
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

function collectionOf(objectPath: string): string {
  return objectPath.slice(0, objectPath.lastIndexOf("/"));
}

/** `/api/v1/namespaces/ns/plural/name` has one segment more than its collection. */
function isObjectPath(path: string): boolean {
  return /\/namespaces\/[^/]+\/[^/]+\/[^/]+$/.test(path);
}
