/** Items that wait, by owner. The owners have their turns one after the other; the items of one keep their order. */
export class Turns<T> {
  /** The owner whose turn is next comes first. */
  readonly #byOwner = new Map<string, Set<T>>();

  add(owner: string, item: T): void {
    const items = this.#byOwner.get(owner);
    if (items === undefined) this.#byOwner.set(owner, new Set([item]));
    else items.add(item);
  }

  /** Whether it was there. */
  remove(owner: string, item: T): boolean {
    const items = this.#byOwner.get(owner);
    const was = items?.delete(item) ?? false;
    if (items?.size === 0) this.#byOwner.delete(owner);
    return was;
  }

  get isEmpty(): boolean {
    return this.#byOwner.size === 0;
  }

  /** Takes out the first item of the next owner that may have its turn; undefined where there is none. */
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
