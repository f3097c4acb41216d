import { FairPlaces } from "../common/fair-places.ts";
import { Turns } from "../common/turns.ts";

interface Lane {
  readonly places: FairPlaces;
  /** Each takes over a place that was left. */
  readonly waiting: Turns<() => void>;
  active: number;
}

/**
 * At most so many tasks at once in each lane; the others wait, holding nothing but a promise. Where owners are named they
 * have their turns one after the other, however much each of them asks for; the tasks of one keep their order.
 */
export class ConcurrencyBudget {
  readonly #limit: number;
  readonly #reserve: number;
  readonly #lanes = new Map<string, Lane>();

  /**
   * @param limit of one owner, and of all together but for the reserve
   * @param reserve places that are left for others while one owner holds all it may
   */
  constructor(limit: number, reserve = 0) {
    this.#limit = limit;
    this.#reserve = reserve;
  }

  /** Rejects with the signal's reason when it fires before the task's turn; the task watches it from then on. */
  async run<T>(key: string, signal: AbortSignal, task: () => Promise<T>, owner = ""): Promise<T> {
    signal.throwIfAborted();
    const lane = this.#laneOf(key);
    await this.#enter(lane, owner, signal);
    try {
      return await task();
    } finally {
      this.#leave(key, lane, owner);
    }
  }

  #laneOf(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const places = new FairPlaces({ each: this.#limit, reserve: this.#reserve });
    const lane = { places, waiting: new Turns<() => void>(), active: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }

  async #enter(lane: Lane, owner: string, signal: AbortSignal): Promise<void> {
    if (lane.places.hasRoomFor(owner)) {
      lane.places.take(owner);
      lane.active++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      if (lane.waiting.remove(owner, resolve)) reject(signal.reason);
    };
    lane.waiting.add(owner, resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await promise;
    signal.removeEventListener("abort", giveUp);
  }

  #leave(key: string, lane: Lane, owner: string): void {
    lane.places.leave(owner);
    lane.active--;
    const mayEnter = (each: string) => lane.places.hasRoomFor(each);
    for (let next = lane.waiting.shift(mayEnter); next !== undefined; next = lane.waiting.shift(mayEnter)) {
      lane.places.take(next.owner);
      lane.active++;
      next.item();
    }
    if (lane.active === 0) this.#lanes.delete(key);
  }
}
