import type { Change } from "../api/changes.ts";
import type { ApiObject } from "../api/object.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { StatusSave } from "../runtime/objects.ts";
import type { Store } from "../runtime/store.ts";
import { changeId } from "./build-message.ts";
import type { ReportedChange } from "./message.ts";

/** The numbers of the last changes that were delivered, by the list's owner. */
export type Notified = Readonly<Record<string, number | undefined>>;

/** What an object has to report. */
export interface Waiting {
  readonly changes: readonly ReportedChange[];
  /** The number of changes that were lost, because too many were waiting. */
  readonly lost: number;
  /** Records an event about changes that nobody will get. */
  readonly announceDrop: (message: string) => void;
  /** Records that the receiver has got these changes. Rejects if that could not be stored. */
  readonly record: (signal: AbortSignal) => Promise<void>;
}

/** The changes of one kind of objects, which wait in their statuses until the receiver has got them. */
export interface Outbox {
  /** The keys of the objects that have something to report. */
  waiting(): Iterable<string>;
  /** The number of these objects. */
  readonly size: number;
  /** Undefined if the object has nothing to report. */
  read(key: string): Waiting | undefined;
  /** Calls back when an object has something to report. */
  onWaiting(listener: () => void): void;
}

interface WithNotified {
  readonly notified?: Notified | undefined;
}

export interface StatusOutboxOptions<S extends WithNotified> {
  readonly kind: string;
  readonly store: Store<ApiObject<S>>;
  /** The lists of changes in a status, by their owner. */
  readonly lists: (status: S) => Readonly<Record<string, readonly Change[] | undefined>>;
  /** What a message says about an object in addition to its name. */
  readonly details?: (object: ApiObject<S>) => Pick<ReportedChange, "host" | "container">;
  /** Records an event about changes that nobody will get. */
  readonly announceDrop: (object: ApiObject<S>, message: string) => void;
  readonly save: (object: ApiObject<S>, notified: Notified, signal: AbortSignal) => Promise<StatusSave>;
}

/** Finds the changes in a store that the receiver has not got yet. It holds only the names of such objects. */
export class StatusOutbox<S extends WithNotified> implements Outbox {
  readonly #options: StatusOutboxOptions<S>;
  readonly #waiting = new Set<string>();
  #listener: () => void = () => undefined;

  constructor(options: StatusOutboxOptions<S>) {
    this.#options = options;
    const { store } = options;
    store.subscribe(({ type, key, object }) => {
      if (type === "deleted") this.#waiting.delete(key);
      else this.#look(object);
    });
    for (const object of store.list()) this.#look(object);
  }

  waiting(): Iterable<string> {
    return this.#waiting;
  }

  get size(): number {
    return this.#waiting.size;
  }

  onWaiting(listener: () => void): void {
    this.#listener = listener;
  }

  read(key: string): Waiting | undefined {
    const { store, save, announceDrop } = this.#options;
    const object = store.get(key);
    if (object === undefined) return undefined;
    const lists = this.#undelivered(object);
    if (lists.length === 0) return undefined;
    return {
      changes: lists.flatMap(({ owner, changes }) => changes.map((change) => this.#report(object, owner, change))),
      lost: lists.reduce((sum, { lost }) => sum + lost, 0),
      announceDrop: (message) => announceDrop(object, message),
      record: async (signal) => {
        const current = store.get(key);
        if (current === undefined || current.metadata.uid !== object.metadata.uid) return;
        // A change that came meanwhile is not delivered yet, and a record that was delayed must not undo a later one.
        const { notified = {} } = current.status ?? {};
        const latest = lists.map(({ owner, last }) => [owner, Math.max(last, notified[owner] ?? 0)]);
        await save(current, { ...notified, ...Object.fromEntries(latest) }, signal);
      },
    };
  }

  #look(object: ApiObject<S>): void {
    const key = keyOf(object);
    if (this.#undelivered(object).length === 0) {
      this.#waiting.delete(key);
      return;
    }
    this.#waiting.add(key);
    this.#listener();
  }

  #undelivered({ status }: ApiObject<S>) {
    if (status === undefined) return [];
    return Object.entries(this.#options.lists(status)).flatMap(([owner, list = []]) => {
      const delivered = status.notified?.[owner] ?? 0;
      const changes = list.filter(({ number }) => number > delivered);
      const last = changes.at(-1)?.number;
      return last === undefined ? [] : [{ owner, changes, last, lost: last - delivered - changes.length }];
    });
  }

  #report(object: ApiObject<S>, owner: string, change: Change): ReportedChange {
    const { kind, details } = this.#options;
    const { namespace, name, uid = "" } = object.metadata;
    const { change: what, reason, message, at } = change;
    const id = changeId(uid, owner, change);
    return { id, change: what, reason, message, at, kind, namespace, name, ...details?.(object) };
  }
}
