import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { readBounded } from "../common/bounded-body.ts";
import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { isClosedByPeer } from "../common/kept-connection.ts";
import { failure, success } from "../common/result.ts";
import { type ApiFailure, type ApiResult, failureFromError, failureFromStatus } from "./api-error.ts";
import { ApiTransport, type TransportOptions, type TransportRequest } from "./api-transport.ts";
import { isKubeObject, isRecord, type KubeObject } from "./kube-object.ts";
import { ListStream } from "./list-stream.ts";
import { InactivityLimit, readWatch, type WatchStream } from "./watch-stream.ts";

export interface CallOptions {
  readonly signal: AbortSignal;
  /** The limit from the first byte sent to the last byte read. The default is that of the client, or 30 s. */
  readonly timeoutMs?: number;
}

export interface ReadOptions extends CallOptions {
  /** Requests only the metadata, for example to never read the data of a Secret. */
  readonly accept?: "metadata" | undefined;
}

export interface ListOptions extends ReadOptions {
  readonly limit?: number;
  readonly continue?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface ReadAllOptions {
  readonly signal: AbortSignal;
  readonly accept?: "metadata" | undefined;
  readonly labelSelector?: string | undefined;
  /** Is called for each object as it arrives. The list may still fail after that. */
  readonly take: (item: KubeObject) => void;
}

/** A page of a list. The API server leaves apiVersion and kind out of the items. */
export interface ListPage<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Set if there are more pages. */
  readonly continue?: string;
}

export interface ApplyOptions extends CallOptions {
  readonly fieldManager: string;
  /** Whether to take fields over from other managers. */
  readonly force: boolean;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly resourceVersion: string;
  /** The server ends the watch after this time. */
  readonly timeoutSeconds: number;
  /** The client ends the watch after this time without a byte. */
  readonly inactivityMs: number;
  readonly accept?: "metadata" | undefined;
  readonly labelSelector?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const LARGEST_OBJECT_BYTES = 16 * 1024 * 1024;
const LARGEST_PAGE_BYTES = 256 * 1024 * 1024;
/** The limit for a whole collection, of which only one object is in memory as text. */
const LARGEST_LIST_BYTES = 4 * 1024 * 1024 * 1024;
const LONGEST_LIST_MS = 5 * 60_000;

/**
 * Calls one API server over shared connections. Each call has a deadline and a size limit, and failures are values. The
 * only retry is that of a GET whose kept connection the server had just closed.
 *
 * The type argument of a method is what the API server's schema promises; only the metadata is checked here.
 */
export class ApiClient {
  readonly #transport: ApiTransport;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(options: TransportOptions & { readonly timeoutMs?: number | undefined }) {
    this.#transport = new ApiTransport(options);
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  async get<T extends KubeObject>(path: string, options: ReadOptions): Promise<ApiResult<T>> {
    const accept = acceptHeader("PartialObjectMetadata", options.accept);
    return toObject<T>(`GET ${path}`, await this.#call({ method: "GET", path, headers: { accept } }, options));
  }

  /** Requests JSON of any shape that is not an object of the API: the server's version, its schemas, a review. */
  async raw(path: string, options: CallOptions & { readonly body?: object }): Promise<ApiResult<unknown>> {
    const headers = { accept: "application/json" };
    if (options.body === undefined) return await this.#call({ method: "GET", path, headers }, options);
    const json = { ...headers, "content-type": "application/json" };
    return await this.#call({ method: "POST", path, headers: json, body: JSON.stringify(options.body) }, options);
  }

  /** Requests a page of a collection. Call it with `continue` for the next one. */
  async list<T extends KubeObject>(path: string, options: ListOptions): Promise<ApiResult<ListPage<T>>> {
    const accept = acceptHeader("PartialObjectMetadataList", options.accept);
    const query = new URLSearchParams();
    if (options.limit !== undefined) query.set("limit", String(options.limit));
    if (options.continue !== undefined) query.set("continue", options.continue);
    if (options.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
    const request = { method: "GET", path, query, headers: { accept } } as const;
    return toPage<T>(`GET ${path}`, await this.#call(request, options, LARGEST_PAGE_BYTES));
  }

  /**
   * Reads a whole collection in one answer, which API servers take from their memory, while they read pages from the
   * database. Resolves to the version of the list. Fails after the client's time limit without a byte, or after 5 minutes.
   */
  async readAll(path: string, options: ReadAllOptions): Promise<ApiResult<string>> {
    const what = `GET ${path}`;
    const { labelSelector, take } = options;
    const query = new URLSearchParams(labelSelector === undefined ? {} : { labelSelector });
    const headers = { accept: acceptHeader("PartialObjectMetadataList", options.accept) };
    using deadline = startDeadline(options.signal, what, LONGEST_LIST_MS, this.#clock);
    using limit = new InactivityLimit(deadline.signal, what, this.#timeoutMs, this.#clock);
    const opened = await this.#open({ method: "GET", path, query, headers, signal: limit.signal });
    if (!opened.ok) return opened;
    const list = new ListStream(take);
    let size = 0;
    try {
      // Leaving the loop closes the connection.
      for await (const chunk of opened.value as AsyncIterable<Buffer>) {
        limit.touch();
        size += chunk.length;
        if (size > LARGEST_LIST_BYTES) return tooLarge(what, LARGEST_LIST_BYTES);
        if (!list.add(chunk)) return notList(what);
      }
    } catch (error) {
      return failure(failureFromError(what, error, limit.signal));
    }
    const version = versionOf(list.end()?.metadata);
    return version === undefined ? notList(what) : success(version);
  }

  /** POST to a collection. */
  async create<T extends KubeObject>(path: string, object: KubeObject, options: CallOptions): Promise<ApiResult<T>> {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const request = { method: "POST", path, headers, body: JSON.stringify(object) } as const;
    return toObject<T>(`POST ${path}`, await this.#call(request, options));
  }

  /**
   * Sends a PUT, which replaces the object. Fails with Conflict if its resourceVersion is no longer that of `object`.
   */
  async replace<T extends KubeObject>(path: string, object: KubeObject, options: CallOptions): Promise<ApiResult<T>> {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const request = { method: "PUT", path, headers, body: JSON.stringify(object) } as const;
    return toObject<T>(`PUT ${path}`, await this.#call(request, options));
  }

  /** Sends a server-side apply, which creates or updates an object and owns exactly the fields that are sent. */
  async apply<T extends KubeObject>(path: string, object: KubeObject, options: ApplyOptions): Promise<ApiResult<T>> {
    const query = new URLSearchParams({ fieldManager: options.fieldManager, force: String(options.force) });
    // JSON is valid YAML; this media type has no JSON form.
    const headers = { accept: "application/json", "content-type": "application/apply-patch+yaml" };
    const request = { method: "PATCH", path, query, headers, body: JSON.stringify(object) } as const;
    return toObject<T>(`PATCH ${path}`, await this.#call(request, options));
  }

  /** Sends a merge patch (RFC 7386): objects are merged, everything else is replaced. */
  async mergePatch<T extends KubeObject>(path: string, patch: object, options: CallOptions): Promise<ApiResult<T>> {
    const headers = { accept: "application/json", "content-type": "application/merge-patch+json" };
    const request = { method: "PATCH", path, headers, body: JSON.stringify(patch) } as const;
    return toObject<T>(`PATCH ${path}`, await this.#call(request, options));
  }

  /** Deletes an object, if it still is the one with this uid; else fails with Conflict. */
  async delete(path: string, options: CallOptions & { readonly uid: string | undefined }): Promise<ApiResult<unknown>> {
    const headers = { accept: "application/json", "content-type": "application/json" };
    const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: options.uid } };
    return await this.#call({ method: "DELETE", path, headers, body: JSON.stringify(body) }, options);
  }

  /** Opens a watch. The stream must be iterated; its end or return() frees the connection. */
  async watch(path: string, options: WatchOptions): Promise<ApiResult<WatchStream>> {
    const what = `WATCH ${path}`;
    const query = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    });
    if (options.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
    const headers = { accept: acceptHeader("PartialObjectMetadata", options.accept) };
    const limit = new InactivityLimit(options.signal, what, options.inactivityMs, this.#clock);
    const request = { method: "GET", path, query, headers, signal: limit.signal } as const;
    const sent = await this.#transport.send(request, "watches");
    if (sent.ok && sent.value.statusCode === 200) return success(readWatch(what, sent.value.body, limit));
    try {
      return sent.ok ? failure((await readRefusal(what, sent.value, limit.signal)).failure) : sent;
    } finally {
      limit[Symbol.dispose]();
    }
  }

  /** Closes all connections. Running calls fail. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #call(call: Call, options: CallOptions, maxBytes = LARGEST_OBJECT_BYTES): Promise<ApiResult<unknown>> {
    const what = `${call.method} ${call.path}`;
    using deadline = startDeadline(options.signal, what, options.timeoutMs ?? this.#timeoutMs, this.#clock);
    const opened = await this.#open({ query: new URLSearchParams(), ...call, signal: deadline.signal });
    if (!opened.ok) return opened;
    const text = await readText(what, opened.value, maxBytes, deadline.signal);
    if (!text.ok) return text;
    const body = parseJson(text.value);
    if (body === undefined) return failure({ kind: "BadResponse", message: `${what}: the answer is not JSON` });
    return success(body);
  }

  /** Sends a request that is not a watch, and resolves to the body of the answer, or to why there is none. */
  async #open(request: TransportRequest): Promise<ApiResult<Readable>> {
    const what = `${request.method} ${request.path}`;
    let sent = await this.#transport.send(request, "calls");
    // The server may close an idle connection just when it is used again.
    if (!sent.ok && request.method === "GET" && isClosedByPeer(sent.failure.cause)) {
      sent = await this.#transport.send(request, "calls");
    }
    if (!sent.ok) return sent;
    const { statusCode, body } = sent.value;
    return statusCode < 200 || statusCode > 299 ? readRefusal(what, sent.value, request.signal) : success(body);
  }
}

type Call = Pick<TransportRequest, "method" | "path" | "headers"> & Partial<Pick<TransportRequest, "query" | "body">>;

function acceptHeader(kind: string, accept: "metadata" | undefined): string {
  return accept === "metadata" ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : "application/json";
}

function toObject<T extends KubeObject>(what: string, answer: ApiResult<unknown>): ApiResult<T> {
  if (!answer.ok) return answer;
  if (!isKubeObject(answer.value))
    return failure({ kind: "BadResponse", message: `${what}: the answer is not an object` });
  return success(answer.value as T);
}

function toPage<T extends KubeObject>(what: string, answer: ApiResult<unknown>): ApiResult<ListPage<T>> {
  if (!answer.ok) return answer;
  const { items: sent, metadata } = isRecord(answer.value) ? answer.value : {};
  // The items of an empty list of metadata are null.
  const items = sent === null ? [] : sent;
  const version = versionOf(metadata);
  const next = isRecord(metadata) ? metadata.continue : undefined;
  if (!Array.isArray(items) || !items.every(isKubeObject) || version === undefined) return notList(what);
  const page = { items: items as T[], resourceVersion: version };
  return success(typeof next === "string" && next !== "" ? { ...page, continue: next } : page);
}

function versionOf(metadata: unknown): string | undefined {
  return isRecord(metadata) && typeof metadata.resourceVersion === "string" ? metadata.resourceVersion : undefined;
}

function notList(what: string) {
  return failure<ApiFailure>({ kind: "BadResponse", message: `${what}: the answer is not a list` });
}

function tooLarge(what: string, max: number) {
  return failure<ApiFailure>({ kind: "TooLarge", message: `${what}: the answer is larger than ${max} bytes` });
}

async function readRefusal(what: string, response: Dispatcher.ResponseData, signal: AbortSignal) {
  const text = await readText(what, response.body, 64 * 1024, signal);
  const retryAfter = response.headers["retry-after"];
  const body = text.ok ? parseJson(text.value) : undefined;
  const after = typeof retryAfter === "string" ? retryAfter : undefined;
  return failure(failureFromStatus(what, response.statusCode, body, after));
}

async function readText(what: string, body: Readable, max: number, signal: AbortSignal): Promise<ApiResult<string>> {
  try {
    const read = await readBounded(body as AsyncIterable<Uint8Array>, max);
    if (read !== undefined) return success(read.toString("utf8"));
    return tooLarge(what, max);
  } catch (error) {
    return failure(failureFromError(what, error, signal));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // undefined is not a JSON value, so it is unambiguous. The parser's message would quote the text.
    return undefined;
  }
}
