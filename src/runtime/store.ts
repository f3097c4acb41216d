import { atOnce, type Sliced } from "../common/in-slices.ts";
import { type Logger, silentLogger } from "../common/logger.ts";
import { isOlder, type KubeObject, keyOf, parseKey } from "./kube-object.ts";

export interface StoreChange<T extends KubeObject> {
  readonly type: "added" | "updated" | "deleted";
  readonly key: string;
  /** For a deletion, the last known version. */
  readonly object: T;
  /** For an update, the previous version. */
  readonly previous?: T;
}

/** The scope of a list, and when it was read. */
export interface ListScope {
  /** Set if the list contains only this namespace. */
  readonly namespace?: string | undefined;
  /**
   * The version of the list. An object that is held in a newer version stays, such as the answer to a write that
   * overtook the list.
   */
  readonly version?: string | undefined;
  /**
   * Whether the server's versions started again, as after etcd was restored from a backup, so that older versions are
   * right.
   */
  readonly isRewound?: boolean;
}

/** A few milliseconds of work. */
const SLICE_OBJECTS = 25;

type IndexFunction<T> = (object: T) => readonly string[];

interface Index<T> {
  readonly valuesOf: IndexFunction<T>;
  /** So that a change does not evaluate the previous version again. */
  readonly valuesByKey: Map<string, readonly string[]>;
  readonly keysByValue: Map<string, Set<string>>;
}

/**
 * The known objects of one kind, by `namespace/name`. Objects are shared, so they must not be changed.
 *
 * Three sources write: a list (replace), a watch (upsert, remove) and the answers to our own writes (observe). Such an
 * answer can arrive before or after the watch reports the same change, so an older version never replaces a newer one.
 */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #listeners = new Set<(change: StoreChange<T>) => void>();
  readonly #logger: Logger;

  constructor(options: { readonly logger?: Logger } = {}) {
    this.#logger = options.logger ?? silentLogger;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Applies a list, which contains everything. Objects that are not among `items` count as deleted. */
  replace(items: readonly T[], list: ListScope = {}): void {
    atOnce(this.replacing(items, list));
  }

  /** The same in slices, because the listeners may do much for each of thousands of objects. */
  *replacing(items: readonly T[], list: ListScope = {}): Sliced<void> {
    const listed = new Set(items.map(keyOf));
    for (const key of [...this.#objects.keys()]) {
      const isWithin = list.namespace === undefined || parseKey(key).namespace === list.namespace;
      if (isWithin && !listed.has(key)) this.remove(key);
    }
    let taken = 0;
    for (const item of items) {
      if (taken++ % SLICE_OBJECTS === SLICE_OBJECTS - 1) yield;
      const held = this.#objects.get(keyOf(item));
      this.#take(item, held !== undefined && isOverruled(held, list));
    }
  }

  /** Applies an object from a list or a watch. The same version is not a change, and an older one is ignored. */
  upsert(object: T): void {
    this.#take(object, false);
  }

  /**
   * Applies the server's answer to our own write, so that the next read does not return the old state. Ignored unless
   * the same object is still held: after the watch has reported its deletion, nothing would ever remove it.
   */
  observe(object: T): void {
    if (this.#objects.get(keyOf(object))?.metadata.uid === object.metadata.uid) this.upsert(object);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) unindex(index, key);
    this.#report({ type: "deleted", key, object });
  }

  /** Adds an index of objects by value, which includes the objects that are already held. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    const index: Index<T> = { valuesOf, valuesByKey: new Map(), keysByValue: new Map() };
    for (const [key, object] of this.#objects) enterIndex(index, key, object);
    this.#indexes.set(name, index);
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`The store has no index ${JSON.stringify(name)}`);
    const keys = index.keysByValue.get(value) ?? [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /**
   * Calls back synchronously after each change; a listener should only add a key to a queue. Returns a function that
   * unsubscribes.
   */
  subscribe(listener: (change: StoreChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(object: T, evenIfOlder: boolean): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) {
      this.#put(key, object);
      this.#report({ type: "added", key, object });
    } else if (isNews(previous, object, evenIfOlder)) {
      this.#put(key, object);
      this.#report({ type: "updated", key, object, previous });
    }
  }

  #put(key: string, object: T): void {
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      unindex(index, key);
      enterIndex(index, key, object);
    }
  }

  #report(change: StoreChange<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error("A listener of the store failed", { object: change.key, error });
      }
    }
  }
}

/** Whether an object replaces the held one. A different uid always does: the object was deleted and created again. */
function isNews(held: KubeObject, object: KubeObject, evenIfOlder: boolean): boolean {
  if (held.metadata.uid !== object.metadata.uid) return true;
  const [had, has] = [held.metadata.resourceVersion, object.metadata.resourceVersion];
  return has === undefined || (has !== had && (evenIfOlder || !isOlder(has, had)));
}

/**
 * Whether a list overrules the held version of an object although it contains an older one. A list that was read after
 * the held version existed can contain an older one only if the server was restored from a backup.
 */
function isOverruled(held: KubeObject, { version, isRewound }: ListScope): boolean {
  return isRewound === true || (version !== undefined && !isOlder(version, held.metadata.resourceVersion));
}

function enterIndex<T>(index: Index<T>, key: string, object: T): void {
  const values = index.valuesOf(object);
  if (values.length > 0) index.valuesByKey.set(key, values);
  for (const value of values) {
    const keys = index.keysByValue.get(value);
    if (keys === undefined) index.keysByValue.set(value, new Set([key]));
    else keys.add(key);
  }
}

function unindex<T>(index: Index<T>, key: string): void {
  for (const value of index.valuesByKey.get(key) ?? []) {
    const keys = index.keysByValue.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keysByValue.delete(value);
  }
  index.valuesByKey.delete(key);
}
