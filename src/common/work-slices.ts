import { setImmediate } from "node:timers/promises";

/** About five milliseconds of matching or parsing. A unit is a step of a matcher or a parsed byte. */
const SLICE_UNITS = 500_000;

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Waits for an exclusive turn of the event loop. Only one slice of all long work in the process runs between two polls
 * of sockets and timers, no matter how many hosts are being checked.
 */
function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}

/** Divides long work into slices, between which other work can run. */
export class WorkSlices {
  readonly #signal: AbortSignal;
  readonly #turn: () => Promise<unknown>;
  /** Starts at zero, so that the first slice also waits for its turn. */
  #left = 0;
  #refill: Promise<void> | undefined;

  /** @param turn resolves when the next slice may run */
  constructor(signal: AbortSignal, turn: () => Promise<unknown> = nextTurn) {
    this.#signal = signal;
    this.#turn = turn;
  }

  /** Call it before work of that many units. Rejects with the signal's reason after the signal has fired. */
  async spend(units: number): Promise<void> {
    // Work that is larger than a slice cannot be divided here, so it gets a whole slice.
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
