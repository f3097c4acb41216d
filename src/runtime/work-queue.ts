import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";
import type { WorkQueueObserver } from "./observers.ts";

/** Higher goes first: what a user has just changed is not kept waiting by what is only due. */
export const priorities = { change: 0, periodic: -100 } as const;

export interface AddOptions {
  /** Default: priorities.change. */
  readonly priority?: number;
}

interface Entry {
  readonly priority: number;
  /** On the clock's monotonic scale; not given: due at once. */
  readonly dueAt?: number;
  readonly cancel?: () => void;
}

/**
 * Keys that wait to be worked on. For each key:
 *
 *     entry:    none --addAfter--> delayed --time--> due --take--> none
 *               none ----add-----------------------> due
 *                           delayed ------add------> due
 *     running:  no --take--> yes --done--> no
 *
 * - A key has at most one entry. A further add merges into it: the earlier time wins, and the higher priority. So a run
 *   takes with it everything that was asked for before it began, a planned later run included.
 * - take() gives due entries by priority, and in the order in which they fell due within one.
 * - While a key runs its entry may fall due, but is held back until done(): a key never runs twice at once, and what is
 *   added during a run leads to one more run after it.
 * - addBackoff() counts how often it was called for the key since forget(); nothing else touches the count.
 * - After shutDown() nothing is given or taken in any more; done() still works.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** The entries that are due and whose key does not run, by priority, oldest first. */
  readonly #ready = new Map<number, Set<string>>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #observer: WorkQueueObserver | undefined;
  #closed = false;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly observer?: WorkQueueObserver | undefined;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#observer = options.observer;
  }

  add(key: string, options: AddOptions = {}): void {
    this.#enter(key, options.priority ?? priorities.change, undefined);
  }

  /** Adds once `ms` have passed. An entry that is due already, or earlier, keeps its time. */
  addAfter(key: string, ms: number, options: AddOptions = {}): void {
    const dueAt = ms > 0 ? this.#clock.monotonic() + ms : undefined;
    this.#enter(key, options.priority ?? priorities.change, dueAt);
  }

  /** Adds after a wait that grows with every call until forget(). Returns the wait in milliseconds. */
  addBackoff(key: string, range: BackoffRange, options: AddOptions = {}): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#observer?.backedOff(key);
    const delay = backoffDelay(failures, range, this.#random);
    this.addAfter(key, delay, options);
    return delay;
  }

  /** The next addBackoff() starts from the shortest wait again. An entry stays as it is. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Waits for a key; undefined when the queue is shut down or the signal fires. Each key taken must be done(). */
  take(signal: AbortSignal): Promise<string | undefined> {
    if (this.#closed || signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const taker = (key: string | undefined) => {
        this.#takers.delete(taker);
        signal.removeEventListener("abort", giveUp);
        resolve(key);
      };
      const giveUp = () => taker(undefined);
      signal.addEventListener("abort", giveUp, { once: true });
      this.#takers.add(taker);
      this.#hand();
    });
  }

  done(key: string): void {
    this.#running.delete(key);
    this.#observer?.done(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.dueAt === undefined) this.#makeReady(key, entry.priority);
  }

  shutDown(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.cancel?.();
    this.#entries.clear();
    this.#ready.clear();
    this.#failures.clear();
    this.#observer?.emptied();
    for (const taker of [...this.#takers]) taker(undefined);
  }

  /** How many keys are due and not taken (those held back included), wait for their time, and run. */
  get sizes(): { readonly due: number; readonly delayed: number; readonly running: number } {
    const delayed = [...this.#entries.values()].filter((entry) => entry.dueAt !== undefined).length;
    return { due: this.#entries.size - delayed, delayed, running: this.#running.size };
  }

  #enter(key: string, priority: number, dueAt: number | undefined): void {
    if (this.#closed) return;
    const before = this.#entries.get(key);
    const highest = Math.max(priority, before?.priority ?? priority);
    if (before !== undefined && (before.dueAt === undefined || (dueAt !== undefined && before.dueAt <= dueAt))) {
      if (highest !== before.priority) this.#reprioritize(key, before, highest);
      return;
    }
    before?.cancel?.();
    if (dueAt === undefined) {
      this.#entries.set(key, { priority: highest });
      this.#observer?.due(key);
      if (!this.#running.has(key)) this.#makeReady(key, highest);
    } else {
      const cancel = this.#clock.after(dueAt - this.#clock.monotonic(), () => this.#fallDue(key));
      this.#entries.set(key, { priority: highest, dueAt, cancel });
    }
  }

  #reprioritize(key: string, entry: Entry, priority: number): void {
    this.#entries.set(key, { ...entry, priority });
    if (this.#unready(key, entry.priority)) this.#makeReady(key, priority);
  }

  #fallDue(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#enter(key, entry.priority, undefined);
  }

  #makeReady(key: string, priority: number): void {
    const keys = this.#ready.get(priority);
    if (keys === undefined) this.#ready.set(priority, new Set([key]));
    else keys.add(key);
    this.#hand();
  }

  #unready(key: string, priority: number): boolean {
    const keys = this.#ready.get(priority);
    const was = keys?.delete(key) ?? false;
    if (keys?.size === 0) this.#ready.delete(priority);
    return was;
  }

  /** Gives ready keys to those who wait, longest wait first. */
  #hand(): void {
    for (const taker of this.#takers) {
      if (this.#ready.size === 0) return;
      const priority = Math.max(...this.#ready.keys());
      const [key] = this.#ready.get(priority) ?? [];
      if (key === undefined) return;
      this.#unready(key, priority);
      this.#entries.delete(key);
      this.#running.add(key);
      this.#observer?.taken(key);
      taker(key);
    }
  }
}
