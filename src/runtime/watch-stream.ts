import type { Clock } from "../common/clock.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { failure, success } from "../common/result.ts";
import { type ApiFailure, type ApiResult, failureFromError, failureFromStatus } from "./api-error.ts";
import { isKubeObject, isRecord, type KubeObject } from "./object.ts";

/** BOOKMARK carries only a version: everything up to it has been told. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

/**
 * The events of one watch. It ends when the server ends it, or with one failure as its last item: Timeout when nothing
 * came for longer than the inactivity limit, Gone when the version is too old, BadResponse for garbled lines.
 */
export type WatchStream = AsyncGenerator<ApiResult<WatchEvent>, void, undefined>;

/** A signal that fires when the parent does, or when touch() has not been called for `ms`. */
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

/** An object may have 1.5 MiB in etcd; its JSON is larger, but not by a magnitude. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

/** Reads a watch's body: one JSON document per line. Takes over the limit, and disposes of it at the end. */
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

/** A last line without its newline is given as well: cut JSON does not parse, and so is found out. */
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
    // The parser's message quotes the line, which may be a Secret's.
    return garbled(what, "a line is not JSON");
  }
  if (!isRecord(event)) return garbled(what, "a line is no event");
  const { type, object } = event;
  if (type === "ERROR") return failure(failureFromStatus(what, 500, object));
  if (type === "BOOKMARK" && isRecord(object) && isRecord(object.metadata)) {
    // The only event whose object has no name.
    const version = object.metadata.resourceVersion;
    if (typeof version === "string")
      return success({ type, object: { metadata: { name: "", resourceVersion: version } } });
  }
  const known = type === "ADDED" || type === "MODIFIED" || type === "DELETED";
  if (!known || !isKubeObject(object)) return garbled(what, "a line is no event");
  return success({ type, object });
}

function garbled(what: string, words: string): { ok: false; failure: ApiFailure } {
  return { ok: false, failure: { kind: "BadResponse", message: `${what}: ${words}` } };
}

function tooLong(what: string): { ok: false; failure: ApiFailure } {
  const message = `${what}: an event is larger than ${LONGEST_LINE_BYTES} bytes`;
  return { ok: false, failure: { kind: "TooLarge", message } };
}
