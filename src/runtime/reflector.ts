import { Announcement } from "../common/announcement.ts";
import { sleep } from "../common/clock.ts";
import { inSlices } from "../common/in-slices.ts";
import { success } from "../common/result.ts";
import type { ApiFailure, ApiResult } from "./api-error.ts";
import { isOlder, type KubeObject, keyOf } from "./kube-object.ts";
import { ReflectorBackoff } from "./reflector-backoff.ts";
import type { ReflectorOptions } from "./reflector-options.ts";
import { broken, type Listed, type Pass, unopened } from "./reflector-pass.ts";
import { type ReflectorTrouble, TroubleTracker } from "./reflector-trouble.ts";
import type { WatchEvent } from "./watch-stream.ts";

/**
 * After permissions have been withdrawn for this long, the objects must not be processed, and may not even exist any
 * more.
 */
const FORGET_AFTER_MS = 120_000;
/**
 * A watch that the server ends sooner without a failure counts as one, or it would be reopened thousands of times a
 * second.
 */
const SHORTEST_WATCH_MS = 1_000;

/**
 * Keeps a store equal to a collection of the API server: lists it, watches it from the list's version on, and resumes
 * or lists again whatever happens, until its signal fires. No fault of the server or the network stops it.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #listed = new Announcement();
  readonly #attempted = new Announcement();
  readonly #backoff: ReflectorBackoff;
  readonly #trouble: TroubleTracker;
  /** A list was asked for, and has not been read yet. */
  #isRefreshing = false;
  #synced = false;
  #connected = false;
  #heardAt: number | undefined;
  #forbidden = false;
  /** Ends the current list or watch, so that a new list starts. */
  #interruption = new AbortController();
  /** The version of the last list or event. */
  #newest: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    const { clock, random, isDispensable = false } = options;
    this.#backoff = new ReflectorBackoff(clock, random, isDispensable);
    this.#trouble = new TroubleTracker(clock);
  }

  /** Whether the store has been filled once, or need not be. False while the changes of the first list are reported. */
  hasSynced(): boolean {
    return this.#synced;
  }

  get path(): string {
    return this.#options.path;
  }

  get isDispensable(): boolean {
    return this.#options.isDispensable === true;
  }

  /** Whether the store holds everything that was there at the time of the last refresh. */
  get isCurrent(): boolean {
    return this.#synced && !this.#isRefreshing;
  }

  /** Why the list or the watch last failed, and for how long nothing has succeeded. undefined while it works. */
  get trouble(): ReflectorTrouble | undefined {
    return this.#trouble.current;
  }

  /** Resolves to true once the store is current, to false when the signal fires first. */
  async synced(signal: AbortSignal): Promise<boolean> {
    while (!this.isCurrent && !signal.aborted) await this.#listed.next(signal);
    return this.isCurrent;
  }

  /** Like synced, but also resolves to false when a list has failed. */
  async settled(signal: AbortSignal): Promise<boolean> {
    if (!this.isCurrent && this.trouble === undefined) await this.#attempted.next(signal);
    return this.isCurrent;
  }

  /**
   * Lists again immediately: the versions of all objects, and the objects only if the store lacks one of the versions.
   * Resolves to true when the store holds everything that was there at the time of the call (a watch reports changes a
   * moment after they happened), to false when that list failed or the signal fired first; it is tried again either way.
   * Returns immediately if the program can work without this collection.
   */
  async refresh(signal: AbortSignal): Promise<boolean> {
    if (this.isDispensable) return true;
    this.#isRefreshing = true;
    const attempted = this.#attempted.next(signal);
    this.#interruption.abort();
    await attempted;
    return this.isCurrent;
  }

  /** Drops what is not current from the store, until a list succeeds. */
  forget(): void {
    if (this.isCurrent || this.isDispensable) return;
    this.#synced = false;
    this.#options.store.replace([], { namespace: this.#options.namespace });
  }

  /** Whether the API server forbids the list and the watch, and the program continues without them. */
  get forbidden(): boolean {
    return this.#forbidden;
  }

  /** Whether a watch is open. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Milliseconds since the server last sent anything: a list, an opened watch, an event or a bookmark. */
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
      this.#fail(pass.failure);
      const retryMs = this.#backoff.failed(pass.failure);
      this.#report(pass.failure, retryMs);
      if (retryMs > 0) await sleep(clock, retryMs, end);
    }
  }

  #fail(failure: ApiFailure): void {
    this.#trouble.failed(failure);
    const forMs = this.trouble?.forMs ?? 0;
    if (failure.kind === "Forbidden" && this.#synced && !this.isDispensable && forMs >= FORGET_AFTER_MS) {
      const { logger, path } = this.#options;
      logger.warn("Not allowed to watch for too long, setting aside what was known", { path });
      this.#isRefreshing = true;
      this.forget();
    }
    this.#attempted.notify();
  }

  #report(failure: ApiFailure, retryMs: number): void {
    const { logger, path, isDispensable = false } = this.#options;
    const { kind, message } = failure;
    if (kind === "Forbidden" && isDispensable) {
      if (!this.#forbidden) logger.warn("Not allowed to watch; continuing without", { path, message, retryMs });
      this.#forbidden = true;
      this.#markSynced();
      return;
    }
    // Even an empty collection is never missing, so the server does not know its kind.
    const advice = kind === "NotFound" ? "; install the CustomResourceDefinition" : "";
    const words = `${message}${advice}`;
    logger.warn("Watching the API server failed; trying again", { path, kind, message: words, retryMs });
  }

  async #list(signal: AbortSignal): Promise<Pass> {
    // What the store holds in its newest version need not be sent again, and versions are a small part of the objects.
    const known = this.#isRefreshing && this.#synced ? await this.#read(signal, "versions") : undefined;
    const isEnough = known !== undefined && (!known.ok || known.value.isComplete);
    const read = isEnough || signal.aborted ? known : await this.#read(signal, "objects");
    // A refresh needs a list that starts after it, so drop this one.
    if (read === undefined || signal.aborted) return { version: undefined };
    if (!read.ok) return { version: undefined, failure: read.failure };
    const { objects, version } = read.value;
    await this.#replace(objects, version);
    if (signal.aborted) return { version: undefined };
    this.#heard();
    this.#trouble.succeeded();
    this.#isRefreshing = false;
    this.#markSynced();
    return { version };
  }

  /** If only the versions are asked for, the objects are those that the store holds in these versions. */
  async #read(signal: AbortSignal, what: "objects" | "versions"): Promise<ApiResult<Listed<T>>> {
    const { client, path, accept, labelSelector, store } = this.#options;
    const objects: T[] = [];
    let isComplete = true;
    const take = (raw: KubeObject) => {
      const held = this.#held(raw);
      const object = what === "versions" ? held : (held ?? this.#transform(raw) ?? store.get(keyOf(raw)));
      if (object === undefined) isComplete = false;
      else objects.push(object);
    };
    const shape = what === "versions" ? "metadata" : accept;
    const list = await client.readAll(path, { signal, accept: shape, labelSelector, take });
    return list.ok ? success({ objects, version: list.value, isComplete }) : list;
  }

  /** What the store holds of the very same version, so that listing again takes no memory for what has not changed. */
  #held(raw: KubeObject): T | undefined {
    const held = this.#options.store.get(keyOf(raw));
    const { uid, resourceVersion } = raw.metadata;
    const isSame = held?.metadata.uid === uid && held?.metadata.resourceVersion === resourceVersion;
    return isSame && resourceVersion !== undefined ? held : undefined;
  }

  async #replace(objects: readonly T[], version: string): Promise<void> {
    const { store, namespace, logger, path } = this.#options;
    // A list is never older than earlier lists and events, unless the server was restored from a backup.
    const isRewound = isOlder(version, this.#newest);
    if (isRewound) logger.warn("The API server's versions started again, as after a restore", { path, version });
    if (this.#forbidden) logger.info("Allowed to watch again", { path });
    this.#forbidden = false;
    this.#newest = version;
    await inSlices(store.replacing(objects, { namespace, version, isRewound }));
  }

  async #watch(from: string, signal: AbortSignal): Promise<Pass> {
    const { client, path, clock, random, accept, labelSelector, inactivityMs = 30_000 } = this.#options;
    // Choose between 5 and 10 minutes, so that the watches of many controllers do not end together.
    const timeoutSeconds = Math.round(300 * (1 + random()));
    const began = clock.monotonic();
    const options = { signal, resourceVersion: from, timeoutSeconds, inactivityMs, accept, labelSelector };
    const opened = await client.watch(path, options);
    if (!opened.ok) return unopened(from, opened.failure);
    const openedAt = clock.monotonic();
    this.#backoff.watchOpened();
    this.#connected = true;
    this.#trouble.succeeded();
    this.#heard();
    let version = from;
    let isResumable = true;
    try {
      for await (const item of opened.value) {
        // Only the inactivity limit causes a timeout here. It is not a failure: the watch resumes where it was.
        if (!item.ok) {
          const { failure } = item;
          if (failure.kind === "Timeout") return { version, ended: "Inactive" };
          const pass = broken(version, failure);
          isResumable = pass.version !== undefined;
          return pass;
        }
        this.#heard();
        this.#take(item.value);
        version = item.value.object.metadata.resourceVersion ?? version;
        this.#newest = version;
      }
    } finally {
      this.#connected = false;
      this.#backoff.watchHeld(clock.monotonic() - openedAt, isResumable);
    }
    const barren = version === from && clock.monotonic() - began < SHORTEST_WATCH_MS;
    return barren
      ? broken(version, { kind: "Network", message: "the server ended the watch immediately" })
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
      logger.error("Cannot read an object of the API server", { path, object: keyOf(raw), error });
      return undefined;
    }
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  #markSynced(): void {
    this.#synced = true;
    this.#listed.notify();
    this.#attempted.notify();
  }
}
