import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";
import type { WorkQueueObserver } from "./observers.ts";
import { ReadyKeys } from "./ready-keys.ts";

/** Higher goes first: what a user has just changed is not kept waiting by what is only due. */
export const priorities = { change: 0, periodic: -100 } as const;

export interface AddOptions {
  /** Default: priorities.change. */
  readonly priority?: number;
  /** It is known from before that the key will fail or take long. */
  readonly isSlow?: boolean;
}

/**
 * How many keys may run at once. Those that keep failing, or take long, have a share of their own: they mostly wait for
 * what never comes, and would keep all others waiting with them.
 */
export interface Shares {
  readonly ordinary: number;
  readonly slow: number;
  /** So many may run in the slow share once those are counted that turned out to be slow; none is taken meanwhile. */
  readonly slowAtMost: number;
}

type Share = "ordinary" | "slow";

interface Entry {
  readonly priority: number;
  readonly isSlow: boolean;
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
 * - Where there are shares, a key that has backed off since forget() runs in the slow one, unless a user's change is why;
 *   and slow() moves a key there that runs already. Without, as many run as are taken.
 * - After shutDown() nothing is given or taken in any more; done() still works.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** The entries that are due and whose key does not run, by the share in which they will. */
  readonly #ready: Readonly<Record<Share, ReadyKeys>> = { ordinary: new ReadyKeys(), slow: new ReadyKeys() };
  readonly #running = new Map<string, Share>();
  readonly #shares: Shares | undefined;
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #observer: WorkQueueObserver | undefined;
  #closed = false;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly observer?: WorkQueueObserver | undefined;
    readonly shares?: Shares | undefined;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#observer = options.observer;
    this.#shares = options.shares;
  }

  add(key: string, options: AddOptions = {}): void {
    this.#enter(key, options, undefined);
  }

  /** Adds once `ms` have passed. An entry that is due already, or earlier, keeps its time. */
  addAfter(key: string, ms: number, options: AddOptions = {}): void {
    const dueAt = ms > 0 ? this.#clock.monotonic() + ms : undefined;
    this.#enter(key, options, dueAt);
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
    if (entry !== undefined && entry.dueAt === undefined) this.#makeReady(key, entry);
    else this.#hand();
  }

  /** A key that runs turns out to take long: another may run beside it, while few do. */
  slow(key: string): void {
    if (!this.#running.has(key) || this.#shares === undefined) return;
    if (this.#runningIn("slow") >= this.#shares.slowAtMost) return;
    this.#running.set(key, "slow");
    this.#hand();
  }

  shutDown(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.cancel?.();
    this.#entries.clear();
    this.#ready.ordinary.clear();
    this.#ready.slow.clear();
    this.#failures.clear();
    this.#observer?.emptied();
    for (const taker of [...this.#takers]) taker(undefined);
  }

  /** How many keys are due and not taken (those held back included), wait for their time, and run. */
  get sizes(): { readonly due: number; readonly delayed: number; readonly running: number } {
    const delayed = [...this.#entries.values()].filter((entry) => entry.dueAt !== undefined).length;
    return { due: this.#entries.size - delayed, delayed, running: this.#running.size };
  }

  #enter(key: string, options: AddOptions, dueAt: number | undefined): void {
    if (this.#closed) return;
    const before = this.#entries.get(key);
    const added = options.priority ?? priorities.change;
    const priority = Math.max(added, before?.priority ?? added);
    const isSlow = options.isSlow ?? before?.isSlow ?? false;
    if (before !== undefined && (before.dueAt === undefined || (dueAt !== undefined && before.dueAt <= dueAt))) {
      if (priority !== before.priority) this.#reprioritize(key, before, priority);
      return;
    }
    before?.cancel?.();
    if (dueAt === undefined) {
      const entry = { priority, isSlow };
      this.#entries.set(key, entry);
      this.#observer?.due(key);
      if (!this.#running.has(key)) this.#makeReady(key, entry);
    } else {
      const cancel = this.#clock.after(dueAt - this.#clock.monotonic(), () => this.#fallDue(key));
      this.#entries.set(key, { priority, isSlow, dueAt, cancel });
    }
  }

  #reprioritize(key: string, before: Entry, priority: number): void {
    const entry = { ...before, priority };
    this.#entries.set(key, entry);
    const { ordinary, slow } = this.#ready;
    const wasReady = ordinary.remove(key, before.priority) || slow.remove(key, before.priority);
    if (wasReady) this.#makeReady(key, entry);
  }

  #fallDue(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#enter(key, entry, undefined);
  }

  #makeReady(key: string, { priority, isSlow }: Entry): void {
    const fails = isSlow || this.#failures.has(key);
    const share = this.#shares !== undefined && fails && priority < priorities.change ? "slow" : "ordinary";
    this.#ready[share].add(key, priority);
    this.#hand();
  }

  #hasRoom(share: Share): boolean {
    if (this.#shares === undefined) return share === "ordinary";
    return this.#runningIn(share) < this.#shares[share];
  }

  #runningIn(share: Share): number {
    return [...this.#running.values()].filter((each) => each === share).length;
  }

  /** Gives ready keys to those who wait, longest wait first. */
  #hand(): void {
    for (const taker of this.#takers) {
      const open = (["ordinary", "slow"] as const).filter((share) => this.#hasRoom(share));
      const highest = Math.max(...open.map((share) => this.#ready[share].highest));
      const share = open.find((each) => this.#ready[each].highest === highest);
      const key = share === undefined ? undefined : this.#ready[share].shift();
      if (share === undefined || key === undefined) return;
      this.#entries.delete(key);
      this.#running.set(key, share);
      this.#observer?.taken(key);
      taker(key);
    }
  }
}
