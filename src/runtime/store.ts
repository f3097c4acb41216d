import { type Logger, silentLogger } from "../common/logger.ts";
import { isOlder, type KubeObject, keyOf, parseKey } from "./object.ts";

export interface StoreChange<T extends KubeObject> {
  readonly type: "added" | "updated" | "deleted";
  readonly key: string;
  /** For a deletion: the last that was known of it. */
  readonly object: T;
  /** For an update: what was held before. */
  readonly previous?: T;
}

/** What a list is of, and when it was read. */
export interface ListScope {
  /** Given where it is of this namespace alone. */
  readonly namespace?: string | undefined;
  /** The list's own. What is held in a newer one, as the answer to a write that overtook the list, stays. */
  readonly version?: string | undefined;
  /** The server's versions began anew, as after etcd was restored from a backup: older ones are right. */
  readonly isRewound?: boolean;
}

type IndexFunction<T> = (object: T) => readonly string[];

interface Index<T> {
  readonly valuesOf: IndexFunction<T>;
  readonly keysByValue: Map<string, Set<string>>;
}

/**
 * What is known of one kind of object, by `namespace/name`. Objects are shared: nobody may change them.
 *
 * Three sources write: a list (replace), a watch (upsert, remove) and the answers to our own writes (observe). The last
 * may arrive before or after the watch tells the same, so an older version never takes the place of a newer one.
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

  /** What a list tells: everything that there is. What is held but not among `items` counts as deleted. */
  replace(items: readonly T[], list: ListScope = {}): void {
    const listed = new Set(items.map(keyOf));
    for (const key of [...this.#objects.keys()]) {
      const isWithin = list.namespace === undefined || parseKey(key).namespace === list.namespace;
      if (isWithin && !listed.has(key)) this.remove(key);
    }
    for (const item of items) {
      const held = this.#objects.get(keyOf(item));
      this.#take(item, held !== undefined && isOverruled(held, list));
    }
  }

  /** What a list or a watch tells. The version that is held already is no change, and an older one is ignored. */
  upsert(object: T): void {
    this.#take(object, false);
  }

  /**
   * The server's answer to a write of our own, so that the next read does not see the state before it. Ignored unless
   * the very same object is still held: after the watch told of its deletion nothing would ever remove it again.
   */
  observe(object: T): void {
    if (this.#objects.get(keyOf(object))?.metadata.uid === object.metadata.uid) this.upsert(object);
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) unindex(index, key, object);
    this.#tell({ type: "deleted", key, object });
  }

  /** Keeps track of which objects have which values; also for the objects that are held already. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    const index: Index<T> = { valuesOf, keysByValue: new Map() };
    for (const [key, object] of this.#objects) enterIndex(index, key, object);
    this.#indexes.set(name, index);
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new RangeError(`The store has no index ${JSON.stringify(name)}`);
    const keys = index.keysByValue.get(value) ?? [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Calls back after each change, synchronously: do no more than add a key to a queue. Returns the unsubscribe. */
  subscribe(listener: (change: StoreChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #take(object: T, evenIfOlder: boolean): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) {
      this.#put(key, object, undefined);
      this.#tell({ type: "added", key, object });
    } else if (isNews(previous, object, evenIfOlder)) {
      this.#put(key, object, previous);
      this.#tell({ type: "updated", key, object, previous });
    }
  }

  #put(key: string, object: T, previous: T | undefined): void {
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) unindex(index, key, previous);
      enterIndex(index, key, object);
    }
  }

  #tell(change: StoreChange<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error("A listener of the store failed", { object: change.key, error });
      }
    }
  }
}

/** Another uid is another object, whatever its version: it was deleted and created again. */
function isNews(held: KubeObject, object: KubeObject, evenIfOlder: boolean): boolean {
  if (held.metadata.uid !== object.metadata.uid) return true;
  const [had, has] = [held.metadata.resourceVersion, object.metadata.resourceVersion];
  return has === undefined || (has !== had && (evenIfOlder || !isOlder(has, had)));
}

/**
 * Whether a list is right about an object of which it has an older version. One that was read after the version that is
 * held came to be can only differ from it because the server's past was changed.
 */
function isOverruled(held: KubeObject, { version, isRewound }: ListScope): boolean {
  return isRewound === true || (version !== undefined && !isOlder(version, held.metadata.resourceVersion));
}

function enterIndex<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keysByValue.get(value);
    if (keys === undefined) index.keysByValue.set(value, new Set([key]));
    else keys.add(key);
  }
}

function unindex<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keysByValue.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keysByValue.delete(value);
  }
}
