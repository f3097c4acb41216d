import { FairPlaces } from "../common/fair-places.ts";
import { Turns } from "../common/turns.ts";

interface Lane {
  readonly places: FairPlaces;
  /** Each waiting task takes over a place that becomes free. */
  readonly waiting: Turns<() => void>;
  active: number;
}

/**
 * Runs at most a given number of tasks per lane at the same time; while the others wait, they hold only a promise. If
 * owners are named, they take turns, no matter how much each of them asks for; the tasks of one owner keep their order.
 */
export class ConcurrencyBudget {
  readonly #limit: number;
  readonly #reserve: number;
  readonly #lanes = new Map<string, Lane>();

  /**
   * @param limit maximum for one owner, and for all owners together apart from the reserve
   * @param reserve places that are kept for others while one owner holds as many as it may
   */
  constructor(limit: number, reserve = 0) {
    this.#limit = limit;
    this.#reserve = reserve;
  }

  /**
   * Rejects with the signal's reason if it fires before the task's turn; after that, the task itself has to watch the
   * signal.
   */
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
