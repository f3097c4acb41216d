/** The number of places. */
export interface PlaceCounts {
  /** The most places that a single owner may hold. */
  readonly each: number;
  /** The number of further places, which stay free for others while there is a single owner. */
  readonly reserve: number;
}

interface Held {
  places: number;
  overdue: number;
}

/**
 * Places that owners share, so that none can keep another waiting for long, no matter how many greedy owners there are.
 * An owner that holds some may take another one only while enough are free:
 *
 * held / free < each / reserve
 *
 * So a single owner holds at most `each` places, and `reserve` places stay free for the next owner, who in turn leaves
 * some for the one after that. With equal numbers, no owner ever holds more places than are left free for the others.
 * Where n owners come and go, each of them holds about the n+1st part of all places.
 *
 * Places are never taken away. Instead, one that is held for too long becomes overdue, and no longer counts as held for
 * the owners that have less than their equal share, the n+1st part, but at least one place. So the first place of a
 * newcomer depends only on how many places are not overdue yet, and n owners never hold more than the sum of their equal
 * shares at the time beyond all places: about n + places * ln(n).
 */
export class FairPlaces {
  readonly #counts: PlaceCounts;
  readonly #owners = new Map<string, Held>();
  #held = 0;
  #overdue = 0;

  constructor(counts: PlaceCounts) {
    this.#counts = counts;
  }

  /** Whether there is no room for anybody. */
  get isFull(): boolean {
    return this.#held - this.#overdue >= this.#total;
  }

  hasRoomFor(owner: string): boolean {
    const { each, reserve } = this.#counts;
    const holder = this.#owners.get(owner);
    const held = holder?.places ?? 0;
    const owners = this.#owners.size + (holder === undefined ? 1 : 0);
    const equalShare = Math.max(1, Math.floor(this.#total / (owners + 1)));
    const taken = held < equalShare ? this.#held - this.#overdue : this.#held;
    const free = this.#total - taken;
    return free > 0 && held * reserve < free * each;
  }

  /** Call hasRoomFor() first. */
  take(owner: string): void {
    const holder = this.#owners.get(owner);
    if (holder === undefined) this.#owners.set(owner, { places: 1, overdue: 0 });
    else holder.places++;
    this.#held++;
  }

  /** One of the owner's places has been held for too long. Call it once for each such place. */
  overdue(owner: string): void {
    const holder = this.#owners.get(owner);
    if (holder === undefined || holder.overdue === holder.places) return;
    holder.overdue++;
    this.#overdue++;
  }

  /** @param wasOverdue whether overdue() was called for the place */
  leave(owner: string, wasOverdue = false): void {
    const holder = this.#owners.get(owner);
    if (holder === undefined) return;
    this.#held--;
    holder.places--;
    if (wasOverdue) {
      this.#overdue--;
      holder.overdue--;
    }
    if (holder.places === 0) this.#owners.delete(owner);
  }

  get #total(): number {
    return this.#counts.each + this.#counts.reserve;
  }
}
