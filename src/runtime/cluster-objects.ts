import { canonicalJson } from "../common/canonical-json.ts";
import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiFailure } from "./api-error.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { type KubeObject, keyOf } from "./kube-object.ts";
import type { ObjectEvent, Objects, StatusSave } from "./objects.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { Interrupted } from "./run.ts";
import { StatusWriter, type WriteOptions } from "./status-writer.ts";
import type { Store } from "./store.ts";

type StoredObject = KubeObject & { readonly spec?: unknown; readonly status?: unknown };

export interface ClusterObjectsOptions<T extends StoredObject, Owner extends string> {
  readonly client: ApiClient;
  readonly store: Store<T>;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource & { readonly kind: string };
  /** The field manager of each owner of a part of the status. */
  readonly fieldManagers: Readonly<Record<Owner, string>>;
  /** Whether applying a part by this owner would change nothing; see StatusWriter. */
  readonly isApplied?: ((status: unknown, owner: string, part: object) => boolean) | undefined;
  /** Keeps of an answer what the store keeps. */
  readonly toObject: (raw: StoredObject) => T;
  /** Whether this process leads, at this very moment. By default, it does. */
  readonly isLeader?: (() => boolean) | undefined;
}

/** The objects of one kind in a cluster, as a reconciler uses them. */
export class ClusterObjects<T extends StoredObject, Owner extends string> implements Objects<T, Owner> {
  readonly #options: ClusterObjectsOptions<T, Owner>;
  readonly #writers: ReadonlyMap<string, StatusWriter>;

  constructor(options: ClusterObjectsOptions<T, Owner>) {
    this.#options = options;
    const { client, clock, random, resource, fieldManagers, store } = options;
    const { kind } = resource;
    const isAppliedBy = (owner: string) => (status: unknown, part: object) =>
      options.isApplied?.(status, owner, part) === true;
    this.#writers = new Map(
      Object.entries<string>(fieldManagers).map(([owner, fieldManager]) => [
        owner,
        new StatusWriter({ client, clock, random, resource, kind, fieldManager, isApplied: isAppliedBy(owner) }),
      ]),
    );
    store.subscribe(({ type, key }) => {
      if (type === "deleted") for (const writer of this.#writers.values()) writer.forget(key);
    });
  }

  get(key: string): T | undefined {
    return this.#options.store.get(key);
  }

  async saveStatus(
    object: T,
    owner: Owner,
    status: NonNullable<T["status"]>,
    signal: AbortSignal,
    options: WriteOptions = {},
  ): Promise<StatusSave> {
    const { store, isLeader, toObject } = this.#options;
    signal.throwIfAborted();
    // The store may have a newer version than the one with which the run began.
    const current = store.get(keyOf(object));
    // The object may be deleted or belong to another shard now, or another one has its name, about which the run knew nothing.
    if (current === undefined || current.metadata.uid !== object.metadata.uid) return "gone";
    // After a pause of the whole process, another one may lead before any timer has fired.
    if (isLeader?.() === false) throw new StatusNotSaved({ message: "this process no longer leads" });
    using uncut = untilStopped(signal);
    const writer = this.#writers.get(owner);
    if (writer === undefined) throw new TypeError(`no field manager for ${owner}`);
    const { onlyIfUnchanged = false } = options;
    // What may be stored only on the version that the caller saw must not be stored on a newer one from the store.
    const isBound = onlyIfUnchanged || (writer.isUnsure(keyOf(object)) && !hasSameStatus(object, current));
    const write = await writer.write(isBound ? object : current, status, uncut.signal, options);
    // The object may have been deleted while the answer was on its way, which is not reported again.
    if (store.get(keyOf(object)) === undefined) writer.forget(keyOf(object));
    if (!write.ok) throw new StatusNotSaved(write.failure);
    const { kind } = write.value;
    if (kind === "written") store.observe(toObject(write.value.object));
    if (kind === "changed" && !onlyIfUnchanged) throw new StatusNotSaved(CHANGED);
    return kind === "written" || kind === "unchanged" ? "stored" : kind;
  }

  recordEvent(object: T, { message, ...event }: ObjectEvent): void {
    const { recorder, resource } = this.#options;
    const { namespace = "", name, uid } = object.metadata;
    const regarding = { apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name, uid };
    recorder.record({ ...event, regarding, note: message });
  }
}

const CHANGED = {
  message: "no answer to the last write arrived, and the object has changed since this one was made; trying again",
};

function hasSameStatus(a: StoredObject, b: StoredObject): boolean {
  return canonicalJson(a.status ?? {}) === canonicalJson(b.status ?? {});
}

/**
 * Returns a signal that does not fire when a change interrupts the run, but only at the run's deadline and when the program
 * stops: a write that is cut off may still be stored, and the next run would take the status in front of it for the stored
 * one.
 */
function untilStopped(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const listening = new AbortController();
  const follow = (followed: AbortSignal) => {
    const passOn = () => {
      if (followed.reason instanceof Interrupted) follow(followed.reason.stopped);
      else stop.abort(followed.reason);
    };
    if (followed.aborted) passOn();
    else followed.addEventListener("abort", passOn, { once: true, signal: listening.signal });
  };
  follow(signal);
  return { signal: stop.signal, [Symbol.dispose]: () => listening.abort() };
}

/** The API server did not store a status; the reconcile is tried again. */
export class StatusNotSaved extends Error {
  override readonly name = "StatusNotSaved";

  constructor(failure: Pick<ApiFailure, "message" | "cause">) {
    super(`The status could not be saved: ${failure.message}`, { cause: failure.cause });
  }
}
