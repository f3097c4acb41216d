interface Lane {
  active: number;
  /** In order of arrival; each takes over the place of one that ended. */
  readonly waiting: Set<() => void>;
}

/** At most so many tasks at once for each key; the others wait in order, holding nothing but a promise. */
export class ConcurrencyBudget {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Rejects with the signal's reason when it fires before the task's turn; the task watches it from then on. */
  async run<T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const lane = this.#lanes.get(key) ?? { active: 0, waiting: new Set() };
    this.#lanes.set(key, lane);
    await this.#enter(lane, signal);
    try {
      return await task();
    } finally {
      this.#leave(key, lane);
    }
  }

  async #enter(lane: Lane, signal: AbortSignal): Promise<void> {
    if (lane.active < this.#limit) {
      lane.active++;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      if (lane.waiting.delete(resolve)) reject(signal.reason);
    };
    lane.waiting.add(resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await promise;
    signal.removeEventListener("abort", giveUp);
  }

  #leave(key: string, lane: Lane): void {
    const [next] = lane.waiting;
    if (next !== undefined) {
      lane.waiting.delete(next);
      next();
    } else if (--lane.active === 0) {
      this.#lanes.delete(key);
    }
  }
}
