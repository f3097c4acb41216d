import { setImmediate } from "node:timers/promises";
import type { Clock } from "../common/clock.ts";

/** Runs that find nothing to do take a tenth of a millisecond, and a start may have thousands of them. */
const RUNS_PER_TURN = 25;
/** After a turn of this length, there is already more to do than one turn should take. */
const LONG_TURN_MS = 20;

/**
 * Spreads the beginnings of runs over turns of the event loop. Each run in progress can have something to do in each turn,
 * so a long turn means that too many are in progress: then only one begins per turn, until turns are short again. Runs that
 * mainly wait for others do not make turns long, so they are not slowed down.
 */
export class TurnPace {
  readonly #clock: Pick<Clock, "monotonic">;
  #allowed = RUNS_PER_TURN;
  #begun = 0;
  #turn: Promise<void> | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Resolves when the next run may begin. */
  async next(): Promise<void> {
    while (this.#begun >= this.#allowed) await this.#turn;
    this.#begun++;
    this.#turn ??= this.#endOfTurn();
  }

  async #endOfTurn(): Promise<void> {
    // The first one comes in this turn of the event loop, and the second one a whole turn later.
    await setImmediate();
    const began = this.#clock.monotonic();
    await setImmediate();
    const isLong = this.#clock.monotonic() - began > LONG_TURN_MS;
    this.#allowed = isLong ? 1 : Math.min(RUNS_PER_TURN, 2 * this.#allowed);
    this.#begun = 0;
    this.#turn = undefined;
  }
}
