/** How many places there are. */
export interface PlaceCounts {
  /** What an owner may hold that is alone. */
  readonly each: number;
  /** How many more there are, which stay free for others while one is alone. */
  readonly reserve: number;
}

/**
 * Places that owners share, so that none can keep another waiting for long. Whoever holds some may take a further one
 * only while enough are free:
 *
 *     held / free < each / reserve
 *
 * So an owner that is alone holds at most `each`, and `reserve` places stay free for whoever comes next, who in turn
 * leaves some to the one after that. With equal numbers no owner ever holds more places than are left free for the others:
 * the first holds half of all places, the second half of the rest, and so on. Nothing is ever taken away.
 */
export class FairPlaces {
  readonly #counts: PlaceCounts;
  readonly #held = new Map<string, number>();
  #free: number;

  constructor(counts: PlaceCounts) {
    this.#counts = counts;
    this.#free = counts.each + counts.reserve;
  }

  get isFull(): boolean {
    return this.#free === 0;
  }

  hasRoomFor(owner: string): boolean {
    const { each, reserve } = this.#counts;
    return this.#free > 0 && (this.#held.get(owner) ?? 0) * reserve < this.#free * each;
  }

  /** Ask hasRoomFor() before. */
  take(owner: string): void {
    this.#free--;
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
  }

  leave(owner: string): void {
    this.#free++;
    const left = (this.#held.get(owner) ?? 0) - 1;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
  }
}
