import { type Failure, type Outcome, problemOf } from "../api/failure.ts";
import { type Clock, sleep } from "../common/clock.ts";
import { formatDuration } from "../common/duration.ts";
import { jitter, type Random } from "../common/random.ts";
import { failure } from "../common/result.ts";
import { wasAnswered } from "../docker/classify-change.ts";
import { interruption } from "./failures.ts";
import type { EngineAccess, ReplacementPorts } from "./request.ts";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
const PATIENCE_MS = 15 * 60_000;

/** The connection of a transaction, which is opened again after it was lost. */
export class ReplacementConnection implements Disposable {
  readonly #open: () => EngineAccess;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #signal: AbortSignal;
  readonly #patienceMs: number;
  #access: EngineAccess;

  constructor({ open, clock, random, signal, patienceMs = PATIENCE_MS }: ReplacementPorts) {
    this.#open = open;
    this.#clock = clock;
    this.#random = random;
    this.#signal = signal;
    this.#patienceMs = patienceMs;
    this.#access = open();
  }

  get access(): EngineAccess {
    return this.#access;
  }

  [Symbol.dispose](): void {
    this.#access[Symbol.dispose]();
  }

  /**
   * Sends a request until the daemon answers, no matter how often the connection is lost. Use it only for requests that
   * may be repeated without harm, such as reads. Fails with UpdateInterrupted when patience or the signal ends, or with
   * the daemon's refusal.
   */
  async read<T>(ask: (access: EngineAccess) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const giveUpAt = this.#clock.monotonic() + this.#patienceMs;
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      if (this.#signal.aborted) return failure(interruption("the program was asked to stop"));
      const answer = await ask(this.#access);
      if (answer.ok || isFinal(answer.failure)) return answer;
      if (this.#clock.monotonic() + delay > giveUpAt) {
        return failure(interruption(`no answer for ${formatDuration(this.#patienceMs)}: ${problemOf(answer.failure)}`));
      }
      await sleep(this.#clock, jitter(delay, 0.2, this.#random), this.#signal);
      this.#access[Symbol.dispose]();
      this.#access = this.#open();
    }
  }
}

/** What was found out by asking, and what the daemon or a proxy refuses, will be the same when asked again. */
function isFinal(failed: Failure): boolean {
  return failed.cause === undefined || failed.reason === "InvalidResponse" || wasAnswered(failed);
}
