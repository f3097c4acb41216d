import { Turns } from "../common/turns.ts";

/**
 * The keys that may be processed, by priority. Within a priority, the owners take turns, and the keys of an owner keep
 * their order.
 */
export class ReadyKeys {
  readonly #byPriority = new Map<number, Turns<string>>();

  add(owner: string, key: string, priority: number): void {
    let turns = this.#byPriority.get(priority);
    if (turns === undefined) {
      turns = new Turns();
      this.#byPriority.set(priority, turns);
    }
    turns.add(owner, key);
  }

  /** Returns whether the key was present. */
  remove(owner: string, key: string, priority: number): boolean {
    const turns = this.#byPriority.get(priority);
    const was = turns?.remove(owner, key) ?? false;
    if (turns?.isEmpty) this.#byPriority.delete(priority);
    return was;
  }

  /** The priorities, from the highest to the lowest. */
  get priorities(): readonly number[] {
    return [...this.#byPriority.keys()].sort((a, b) => b - a);
  }

  /** Removes the next key of this priority for whose owner `mayTake` returns true. */
  shift(priority: number, mayTake: (owner: string) => boolean): string | undefined {
    const turns = this.#byPriority.get(priority);
    const next = turns?.shift(mayTake);
    if (turns?.isEmpty) this.#byPriority.delete(priority);
    return next?.item;
  }

  clear(): void {
    this.#byPriority.clear();
  }
}
