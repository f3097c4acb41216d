import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { success } from "../common/result.ts";
import { SharedQuestions } from "./shared-questions.ts";

export interface AnswerOptions {
  /** How old a known answer may be, in milliseconds. */
  readonly maxAgeMs: number;
  /** Wall-clock milliseconds; an answer that was asked for earlier is not accepted. */
  readonly notBefore?: number;
  readonly signal: AbortSignal;
}

/** An answer, and when it was asked for, in wall-clock milliseconds. */
export type Dated<T> = T & { readonly fetchedAt: number };

interface Known<T> {
  readonly answer: Dated<T>;
  /** When it was asked for, on the monotonic clock. */
  readonly since: number;
}

/** Who asks, where several share what they ask. */
interface Asker<T> {
  readonly owner: string;
  /** Waits for the owner's turn, and then does the task. */
  readonly turn: (signal: AbortSignal, task: () => Promise<T>) => Promise<T>;
}

/** Answers by key, fetched once for everybody who wants to know. Failures are not kept. */
export class AnswerCache<T extends object> {
  readonly #clock: Clock;
  readonly #questions = new SharedQuestions<Outcome<Dated<T>>>();
  readonly #answers: LRUCache<string, Known<T>>;
  readonly #isWhole: (answer: T) => boolean;

  /**
   * @param maxSize of all known answers together, as `sizeOf` measures them; default one for each
   * @param isWhole whether an answer is kept
   */
  constructor(
    clock: Clock,
    maxSize: number,
    sizeOf: (answer: T) => number = () => 1,
    isWhole: (answer: T) => boolean = () => true,
  ) {
    this.#clock = clock;
    this.#isWhole = isWhole;
    this.#answers = new LRUCache({ maxSize, sizeCalculation: ({ answer }) => sizeOf(answer) });
  }

  /** Rejects only with the reason of the signal. */
  async get(
    key: string,
    { maxAgeMs, notBefore = Number.NEGATIVE_INFINITY, signal }: AnswerOptions,
    fetch: (signal: AbortSignal) => Promise<Outcome<T>>,
    { owner, turn }: Asker<Outcome<Dated<T>>> = { owner: "", turn: (_, task) => task() },
  ): Promise<Outcome<Dated<T>>> {
    const find = () => this.#find(key, maxAgeMs, notBefore);
    const now = () => this.#clock.now();
    return (
      find() ??
      (await this.#questions.ask(key, { owner, now, notBefore, signal, turn, known: find }, async (shared) => {
        const [fetchedAt, since] = [this.#clock.now(), this.#clock.monotonic()];
        const found = await fetch(shared);
        if (!found.ok) return found;
        const answer = { ...found.value, fetchedAt };
        if (!this.#isWhole(found.value)) return success(answer);
        // An older request may end after a younger one.
        if ((this.#answers.get(key)?.since ?? since) <= since) this.#answers.set(key, { answer, since });
        return success(answer);
      }))
    );
  }

  #find(key: string, maxAgeMs: number, notBefore: number): Outcome<Dated<T>> | undefined {
    const known = this.#answers.get(key);
    if (known === undefined || known.answer.fetchedAt < notBefore) return undefined;
    return this.#clock.monotonic() - known.since < maxAgeMs ? success(known.answer) : undefined;
  }
}
