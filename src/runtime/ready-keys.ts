/** Keys that may be worked on, by priority, and in the order in which they came within one. */
export class ReadyKeys {
  readonly #byPriority = new Map<number, Set<string>>();

  add(key: string, priority: number): void {
    const keys = this.#byPriority.get(priority);
    if (keys === undefined) this.#byPriority.set(priority, new Set([key]));
    else keys.add(key);
  }

  /** Whether it was there. */
  remove(key: string, priority: number): boolean {
    const keys = this.#byPriority.get(priority);
    const was = keys?.delete(key) ?? false;
    if (keys?.size === 0) this.#byPriority.delete(priority);
    return was;
  }

  /** The priority of the next one; -Infinity where there is none. */
  get highest(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#byPriority.keys());
  }

  /** Takes the next one out. */
  shift(): string | undefined {
    const priority = this.highest;
    const [key] = this.#byPriority.get(priority) ?? [];
    if (key !== undefined) this.remove(key, priority);
    return key;
  }

  clear(): void {
    this.#byPriority.clear();
  }
}
