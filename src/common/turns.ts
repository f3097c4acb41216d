/** A queue of items in which the owners take turns. The items of an owner keep their order. */
export class Turns<T> {
  /** The first owner has the next turn. */
  readonly #byOwner = new Map<string, Set<T>>();

  add(owner: string, item: T): void {
    const items = this.#byOwner.get(owner);
    if (items === undefined) this.#byOwner.set(owner, new Set([item]));
    else items.add(item);
  }

  /** Returns whether the item was in the queue. */
  remove(owner: string, item: T): boolean {
    const items = this.#byOwner.get(owner);
    const was = items?.delete(item) ?? false;
    if (items?.size === 0) this.#byOwner.delete(owner);
    return was;
  }

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  /** Removes the first item of the next owner for which `mayTake` returns true; undefined if there is none. */
  shift(mayTake: (owner: string) => boolean): { readonly owner: string; readonly item: T } | undefined {
    for (const [owner, items] of this.#byOwner) {
      if (!mayTake(owner)) continue;
      const [item] = items;
      if (item === undefined) continue;
      items.delete(item);
      this.#byOwner.delete(owner);
      if (items.size > 0) this.#byOwner.set(owner, items);
      return { owner, item };
    }
    return undefined;
  }

  clear(): void {
    this.#byOwner.clear();
  }
}
