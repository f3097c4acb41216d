import { Announcement } from "../common/announcement.ts";
import { type Clock, sleep } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiFailure } from "./api-error.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";
import { isOlder, type KubeObject, keyOf } from "./object.ts";
import type { ReflectorObserver, RestartCause } from "./observers.ts";
import type { Store } from "./store.ts";
import type { WatchEvent } from "./watch-stream.ts";

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: ApiClient;
  readonly store: Store<T>;
  /** A collection's URL path, of all namespaces or of one. */
  readonly path: string;
  /** Given where the path is one namespace's: the store may hold other namespaces' objects as well. */
  readonly namespace?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ask for metadata alone. */
  readonly accept?: "metadata";
  readonly labelSelector?: string | undefined;
  /**
   * The program works without: where the API server forbids the list, the store stays as it is, nobody waits for it, and
   * it is tried again, ever less often.
   */
  readonly isDispensable?: boolean;
  /**
   * Makes of what the server sent what the store holds; leave out what nobody reads. Default: taken as it is. When it
   * throws, the object keeps the state that it had (or stays unknown), and a log line tells.
   */
  readonly transform?: (raw: KubeObject) => T;
  /**
   * A watch without a byte for so long is opened anew from the last version, for its connection may be dead: default
   * 30 s. Bookmarks come about once a minute, so a quiet resource's watch ends so too; resuming costs next to nothing.
   */
  readonly inactivityMs?: number;
  readonly observer?: ReflectorObserver | undefined;
}

/** How one list or watch ended; without a version the next is a list. */
interface Pass {
  readonly version: string | undefined;
  readonly failure?: ApiFailure;
  /** Of a watch that ended without a failure. */
  readonly ended?: RestartCause;
}

// The numbers of client-go's reflector.
const BACKOFF: BackoffRange = { minMs: 800, maxMs: 30_000 };
const HEALTHY_AFTER_MS = 120_000;
const PAGE_SIZE = 500;
/** An API server that starts forbids everything for a moment; else rights come by an administrator's hand. */
const FORBIDDEN_BACKOFF: BackoffRange = { minMs: 800, maxMs: 5 * 60_000 };
/** A watch that the server ends sooner, without a word, would be opened thousands of times a second. */
const SHORTEST_WATCH_MS = 1_000;

/**
 * Keeps a store equal to a collection of the API server: lists it, watches from the list's version on, and resumes or
 * lists anew whatever happens, until its signal fires. Nothing that the server or the network does ends it.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #listed = new Announcement();
  #synced = false;
  #connected = false;
  #heardAt: number | undefined;
  #failures = 0;
  #failedAt = 0;
  #waitedMs = 0;
  #goneAt = Number.NEGATIVE_INFINITY;
  #forbidden = false;
  /** How often the list or the watch was forbidden since a watch was last opened. */
  #refusals = 0;
  /** Ends the pass that goes on, for a list. */
  #interruption = new AbortController();
  /** Of the last list or event. */
  #newest: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** Whether the store has held everything once, or need not. False while the first list's changes are told. */
  hasSynced(): boolean {
    return this.#synced;
  }

  /** Resolves to true once the store has held everything, to false when the signal fires first. */
  async synced(signal: AbortSignal): Promise<boolean> {
    if (!this.#synced) await this.#listed.next(signal);
    return this.#synced;
  }

  /**
   * Lists anew at once, and resolves when the store holds everything that was there at the time of the call: a watch
   * tells things a moment after they have happened. At once where the program works without; also when the signal fires.
   */
  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#options.isDispensable === true) return;
    const listed = this.#listed.next(signal);
    this.#interruption.abort();
    await listed;
  }

  /** Whether the API server forbids the list and the watch, and the program goes on without. */
  get forbidden(): boolean {
    return this.#forbidden;
  }

  /** Whether a watch is open. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Milliseconds since the server last said anything: a list, an opened watch, an event, a bookmark. */
  get lastEventAge(): number | undefined {
    return this.#heardAt === undefined ? undefined : this.#options.clock.monotonic() - this.#heardAt;
  }

  /** Never rejects. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, observer } = this.#options;
    let version: string | undefined;
    while (!signal.aborted) {
      if (this.#interruption.signal.aborted) {
        this.#interruption = new AbortController();
        version = undefined;
      }
      const end = AbortSignal.any([signal, this.#interruption.signal]);
      if (version === undefined && this.#synced) observer?.relisting();
      const pass: Pass = version === undefined ? await this.#list(end) : await this.#watch(version, end);
      version = pass.version;
      if (end.aborted) continue;
      const cause = pass.failure?.kind ?? pass.ended;
      if (cause !== undefined) observer?.restarted(cause);
      if (pass.failure === undefined) continue;
      const retryMs = this.#waitAfter(pass.failure);
      this.#tell(pass.failure, retryMs);
      if (retryMs > 0) await sleep(clock, retryMs, end);
    }
  }

  #tell(failure: ApiFailure, retryMs: number): void {
    const { logger, path, isDispensable = false } = this.#options;
    const { kind, message } = failure;
    if (kind === "Forbidden" && isDispensable) {
      if (!this.#forbidden) logger.warn("Not allowed to watch, going on without", { path, message, retryMs });
      this.#forbidden = true;
      this.#markSynced();
      return;
    }
    // A collection is never missing, however empty: the server does not know its kind.
    const advice = kind === "NotFound" ? "; install the CustomResourceDefinition" : "";
    const words = `${message}${advice}`;
    logger.warn("Watching the API server failed, trying again", { path, kind, message: words, retryMs });
  }

  #waitAfter(failure: ApiFailure): number {
    const { clock, random } = this.#options;
    if (failure.kind === "Forbidden" && this.#options.isDispensable === true)
      return Math.round(backoffDelay(++this.#refusals, FORBIDDEN_BACKOFF, random));
    const now = clock.monotonic();
    if (failure.kind === "Gone") {
      // A server that was restarted has forgotten our version: no trouble of its own, unless it comes again and again.
      const atOnce = now - this.#goneAt > HEALTHY_AFTER_MS;
      this.#goneAt = now;
      if (atOnce) return 0;
    }
    this.#failures = now - this.#failedAt > HEALTHY_AFTER_MS ? 1 : this.#failures + 1;
    this.#failedAt = now;
    this.#waitedMs = Math.round(Math.max(backoffDelay(this.#failures, BACKOFF, random), failure.retryAfterMs ?? 0));
    return this.#waitedMs;
  }

  async #list(signal: AbortSignal): Promise<Pass> {
    const { client, path, accept, labelSelector, store } = this.#options;
    const objects: T[] = [];
    let next: string | undefined;
    for (;;) {
      const page = await client.list(path, { signal, accept, labelSelector, limit: PAGE_SIZE, continue: next });
      // A refresh wants a list that is asked for after it, however soon this one was answered.
      if (signal.aborted) return { version: undefined };
      if (!page.ok) return { version: undefined, failure: page.failure };
      for (const raw of page.value.items) {
        const object = this.#transform(raw) ?? store.get(keyOf(raw));
        if (object !== undefined) objects.push(object);
      }
      next = page.value.continue;
      if (next === undefined) {
        this.#replace(objects, page.value.resourceVersion);
        return { version: page.value.resourceVersion };
      }
    }
  }

  #replace(objects: readonly T[], version: string): void {
    const { store, namespace, logger, path } = this.#options;
    // A list is never older than what was listed or watched before, unless the server's past was changed.
    const isRewound = isOlder(version, this.#newest);
    if (isRewound) logger.warn("The API server's versions began anew, as after a restore", { path, version });
    if (this.#forbidden) logger.info("Allowed to watch again", { path });
    this.#forbidden = false;
    this.#newest = version;
    store.replace(objects, { namespace, version, isRewound });
    this.#heard();
    this.#markSynced();
  }

  async #watch(from: string, signal: AbortSignal): Promise<Pass> {
    const { client, path, clock, random, accept, labelSelector, inactivityMs = 30_000 } = this.#options;
    // Between 5 and 10 minutes, so that the watches of many controllers do not end together.
    const timeoutSeconds = Math.round(300 * (1 + random()));
    const began = clock.monotonic();
    const options = { signal, resourceVersion: from, timeoutSeconds, inactivityMs, accept, labelSelector };
    const opened = await client.watch(path, options);
    if (!opened.ok) return unopened(from, opened.failure);
    const openedAt = clock.monotonic();
    this.#refusals = 0;
    this.#connected = true;
    this.#heard();
    let version = from;
    try {
      for await (const item of opened.value) {
        // Only the inactivity limit times out here: not a failure, the watch goes on where it was.
        if (!item.ok) {
          const { failure } = item;
          return failure.kind === "Timeout" ? { version, ended: "Inactive" } : broken(version, failure);
        }
        this.#heard();
        this.#take(item.value);
        version = item.value.object.metadata.resourceVersion ?? version;
        this.#newest = version;
      }
    } finally {
      this.#connected = false;
      // It held longer than it was waited for: what broke it is not what broke the one before.
      if (clock.monotonic() - openedAt > this.#waitedMs) this.#failures = 0;
    }
    const barren = version === from && clock.monotonic() - began < SHORTEST_WATCH_MS;
    return barren
      ? broken(version, { kind: "Network", message: "the server ended the watch at once" })
      : { version, ended: "Ended" };
  }

  #take(event: WatchEvent): void {
    const { store } = this.#options;
    if (event.type === "BOOKMARK") return;
    if (event.type === "DELETED") {
      store.remove(keyOf(event.object));
      return;
    }
    const object = this.#transform(event.object);
    if (object !== undefined) store.upsert(object);
  }

  #transform(raw: KubeObject): T | undefined {
    const { transform, logger, path } = this.#options;
    if (transform === undefined) return raw as T;
    try {
      return transform(raw);
    } catch (error) {
      logger.error("An object of the API server cannot be read", { path, object: keyOf(raw), error });
      return undefined;
    }
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  #markSynced(): void {
    this.#synced = true;
    this.#listed.tell();
  }
}

/** A version that is too old, or a line that makes no sense, is only got past by a new list. */
function broken(version: string, failure: ApiFailure): Pass {
  const relist = failure.kind === "Gone" || failure.kind === "BadResponse" || failure.kind === "TooLarge";
  return { version: relist ? undefined : version, failure };
}

/**
 * A server that could not be asked may have been restored from a backup meanwhile. It would take our version for one that
 * is yet to come, and say nothing until then: only a list tells. One that asks for patience is still the same.
 */
function unopened(version: string, failure: ApiFailure): Pass {
  const isSame = failure.kind === "TooManyRequests" || failure.kind === "Unauthorized" || failure.kind === "Aborted";
  return { version: isSame ? version : undefined, failure };
}
