import { setImmediate } from "node:timers/promises";

/** About five milliseconds of matching or parsing. A unit is one step of a matcher, or a byte that is parsed. */
const SLICE_UNITS = 500_000;

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * A turn of the event loop in which nobody else has one: of all long work of the process, only one slice runs between
 * two looks at sockets and timers, whatever the number of hosts that are being checked.
 */
function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

/** Divides long work into slices, between which everything else goes on. */
export class WorkSlices {
  readonly #signal: AbortSignal;
  readonly #turn: () => Promise<unknown>;
  /** Nothing yet: also the first slice waits for its turn. */
  #left = 0;
  #refill: Promise<void> | undefined;

  /** @param turn resolves when the next slice may run */
  constructor(signal: AbortSignal, turn: () => Promise<unknown> = nextTurn) {
    this.#signal = signal;
    this.#turn = turn;
  }

  /** To be called in front of work of so many units. Rejects with the signal's reason once that has fired. */
  async spend(units: number): Promise<void> {
    // What is larger than a slice cannot be divided here, and has one to itself.
    const needed = Math.min(units, SLICE_UNITS);
    while (this.#left < needed) {
      this.#refill ??= this.#nextSlice();
      await this.#refill;
      this.#signal.throwIfAborted();
    }
    this.#left -= needed;
  }

  async #nextSlice(): Promise<void> {
    await this.#turn();
    this.#left = SLICE_UNITS;
    this.#refill = undefined;
  }
}
