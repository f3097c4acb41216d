import { LRUCache } from "lru-cache";
import type { Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { Clock } from "../common/clock.ts";
import { success } from "../common/result.ts";
import { SharedRequests } from "./shared-tasks.ts";

export interface AnswerOptions {
  /** The maximum age of a known answer, in milliseconds. */
  readonly maxAgeMs: number;
  /** In wall-clock milliseconds; an answer to an earlier request is not accepted. */
  readonly notBefore?: number;
  readonly signal: AbortSignal;
}

/** An answer, and when it was requested, in wall-clock milliseconds. */
export type Dated<T> = T & { readonly fetchedAt: number };

/** With these reasons, a registry has answered, and would give the next host the same answer. */
const REFUSALS: ReadonlySet<Reason> = new Set<Reason>([
  "ImageNotFound",
  "RegistryAccessDenied",
  "RegistryAuthenticationFailed",
  "RegistryBadResponse",
  "RegistryCredentialsRequired",
]);
/**
 * A refusal is not kept longer than it takes until a failed check is tried again, so that the next check sees a fix.
 */
const REFUSAL_MS = 60_000;

/** The memory that an entry takes in addition to its texts. */
const ENTRY_BYTES = 200;

interface Kept<T> {
  readonly outcome: Outcome<Dated<T>>;
  /** When it was requested, on the wall clock and on the monotonic clock. */
  readonly fetchedAt: number;
  readonly since: number;
}

/** Identifies who asks, if several callers share the requests. */
interface Asker<T> {
  readonly owner: string;
  /** Waits for the owner's turn, and then runs the task. */
  readonly turn: (signal: AbortSignal, task: () => Promise<T>) => Promise<T>;
}

/**
 * Answers by key, each fetched once for all callers. A registry's refusal is kept for a minute, so that a fleet with
 * one missing image does not send one request per host. Other failures are not kept.
 */
export class AnswerCache<T extends object> {
  readonly #clock: Clock;
  readonly #requests = new SharedRequests<Outcome<Dated<T>>>();
  readonly #answers: LRUCache<string, Kept<T>>;
  readonly #isWhole: (answer: T) => boolean;

  /**
   * @param maxBytes limit for all known answers together, as `bytesOf` measures them
   * @param isWhole whether an answer is kept
   */
  constructor(
    clock: Clock,
    maxBytes: number,
    bytesOf: (answer: T) => number,
    isWhole: (answer: T) => boolean = () => true,
  ) {
    this.#clock = clock;
    this.#isWhole = isWhole;
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ outcome }, key) =>
        ENTRY_BYTES + 2 * key.length + (outcome.ok ? bytesOf(outcome.value) : 2 * outcome.failure.message.length),
    });
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
      (await this.#requests.ask(key, { owner, now, notBefore, signal, turn, known: find }, async (shared) => {
        const [fetchedAt, since] = [this.#clock.now(), this.#clock.monotonic()];
        const found = await fetch(shared);
        const outcome = found.ok ? success({ ...found.value, fetchedAt }) : found;
        const isKept = found.ok ? this.#isWhole(found.value) : REFUSALS.has(found.failure.reason);
        // A request that started earlier may end after a later one.
        if (isKept && (this.#answers.get(key)?.since ?? since) <= since) {
          this.#answers.set(key, { outcome, fetchedAt, since });
        }
        return outcome;
      }))
    );
  }

  #find(key: string, maxAgeMs: number, notBefore: number): Outcome<Dated<T>> | undefined {
    const known = this.#answers.get(key);
    if (known === undefined || known.fetchedAt < notBefore) return undefined;
    const longest = known.outcome.ok ? maxAgeMs : Math.min(maxAgeMs, REFUSAL_MS);
    return this.#clock.monotonic() - known.since < longest ? known.outcome : undefined;
  }
}
