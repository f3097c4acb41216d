import { Turns } from "../common/turns.ts";

/** Keys that may be worked on, by priority; within one the owners have their turns, and the keys of one keep their order. */
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

  /** Whether it was there. */
  remove(owner: string, key: string, priority: number): boolean {
    const turns = this.#byPriority.get(priority);
    const was = turns?.remove(owner, key) ?? false;
    if (turns?.isEmpty) this.#byPriority.delete(priority);
    return was;
  }

  /** From the highest to the lowest. */
  get priorities(): readonly number[] {
    return [...this.#byPriority.keys()].sort((a, b) => b - a);
  }

  /** Takes out the next key of this priority whose owner may have its turn. */
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
