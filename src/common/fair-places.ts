/** The number of places. */
export interface PlaceCounts {
  /** The most places that a single owner may hold. */
  readonly each: number;
  /** The number of further places, which stay free for others while there is a single owner. */
  readonly reserve: number;
}

/**
 * Places that owners share, so that none can keep another waiting for long. An owner that holds some may take another
 * one only while enough are free:
 *
 * held / free < each / reserve
 *
 * So a single owner holds at most `each` places, and `reserve` places stay free for the next owner, who in turn leaves
 * some for the one after that. With equal numbers, no owner ever holds more places than are left free for the others:
 * the first holds half of all places, the second half of the rest, and so on. Places are never taken away.
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

  /** Call hasRoomFor() first. */
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
