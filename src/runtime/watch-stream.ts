import type { Clock } from "../common/clock.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { failure, success } from "../common/result.ts";
import { type ApiFailure, type ApiResult, failureFromError, failureFromStatus } from "./api-error.ts";
import { isKubeObject, isRecord, type KubeObject } from "./kube-object.ts";

/** A BOOKMARK contains only a version: all changes up to it have been sent. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/**
 * The events of a watch. The stream ends when the server ends the watch, or with a failure as its last item: Timeout if
 * nothing arrived within the inactivity limit, Gone if the version is too old, BadResponse for invalid lines.
 */
export type WatchStream = AsyncGenerator<ApiResult<WatchEvent>, void, undefined>;

/** Provides a signal that fires when the parent does, or if touch() has not been called for `ms`. */
export class InactivityLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #what: string;
  readonly #ms: number;
  readonly #clock: Clock;
  #cancel: () => void = () => {};

  constructor(parent: AbortSignal, what: string, ms: number, clock: Clock) {
    this.#parent = parent;
    this.#what = what;
    this.#ms = ms;
    this.#clock = clock;
    if (parent.aborted) this.#follow();
    parent.addEventListener("abort", this.#follow, { once: true });
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#cancel();
    const expire = () => this.#controller.abort(new DeadlineExceeded(this.#what, this.#ms));
    this.#cancel = this.#clock.after(this.#ms, expire);
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#parent.removeEventListener("abort", this.#follow);
  }

  readonly #follow = () => this.#controller.abort(this.#parent.reason);
}

/** An object can have 1.5 MiB in etcd; its JSON is larger, but not by an order of magnitude. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Reads the body of a watch, which has one JSON document per line. Takes over the limit and disposes of it at the end.
 */
export async function* readWatch(
  what: string,
  chunks: AsyncIterable<Uint8Array>,
  limit: InactivityLimit,
): AsyncGenerator<ApiResult<WatchEvent>, void, undefined> {
  using _ = limit;
  try {
    for await (const line of splitLines(chunks, limit)) {
      const event = line === "too long" ? tooLong(what) : parseEvent(what, line.toString("utf8"));
      yield event;
      if (!event.ok) return;
    }
  } catch (error) {
    yield failure(failureFromError(what, error, limit.signal));
  }
}

/** Also yields a last line without a newline: if it was cut off, parsing it fails, so the fault is noticed. */
async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: InactivityLimit,
): AsyncGenerator<Buffer | "too long"> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    limit.touch();
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > LONGEST_LINE_BYTES) {
      yield "too long";
      return;
    }
  }
  if (size > 0) yield Buffer.concat(parts);
}

function parseEvent(what: string, line: string): ApiResult<WatchEvent> {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    // Drop the parser's message: it quotes the line, which may contain a Secret.
    return garbled(what, "a line is not JSON");
  }
  if (!isRecord(event)) return garbled(what, "a line is not an event");
  const { type, object } = event;
  if (type === "ERROR") return failure(failureFromStatus(what, 500, object));
  if (type === "BOOKMARK" && isRecord(object) && isRecord(object.metadata)) {
    // This is the only event whose object has no name.
    const version = object.metadata.resourceVersion;
    if (typeof version === "string")
      return success({ type, object: { metadata: { name: "", resourceVersion: version } } });
  }
  const known = type === "ADDED" || type === "MODIFIED" || type === "DELETED";
  if (!known || !isKubeObject(object)) return garbled(what, "a line is not an event");
  return success({ type, object });
}

function garbled(what: string, words: string): { ok: false; failure: ApiFailure } {
  return { ok: false, failure: { kind: "BadResponse", message: `${what}: ${words}` } };
}

function tooLong(what: string): { ok: false; failure: ApiFailure } {
  const message = `${what}: an event is larger than ${LONGEST_LINE_BYTES} bytes`;
  return { ok: false, failure: { kind: "TooLarge", message } };
}
