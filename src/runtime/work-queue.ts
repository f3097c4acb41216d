import type { Clock } from "../common/clock.ts";
import { FairPlaces } from "../common/fair-places.ts";
import type { Random } from "../common/random.ts";
import { type BackoffRange, backoffDelay } from "./backoff.ts";
import { parseKey } from "./kube-object.ts";
import type { WorkQueueObserver } from "./observers.ts";
import { ReadyKeys } from "./ready-keys.ts";

/** Higher priorities go first, so that periodic work does not delay what a user has just changed. */
export const priorities = { change: 0, periodic: -100 } as const;

export interface AddOptions {
  /** The default is priorities.change. */
  readonly priority?: number;
  /** Whether the key is already known to fail or to be slow. */
  readonly isSlow?: boolean;
}

/**
 * How many keys of one owner may run in parallel while no other owner has any. Keys that keep failing or are slow have
 * separate shares: they mostly wait for answers that never come, and would delay all others.
 */
export interface Shares {
  readonly ordinary: number;
  /** For keys that are known to fail or to be slow before they run. */
  readonly slow: number;
  /** For keys that turned out to be slow while they ran in the ordinary share. */
  readonly late: number;
  /** For keys that only wait and need no worker any more. */
  readonly waiting: number;
}

type Share = keyof Shares;

const UNLIMITED: Shares = { ordinary: Number.MAX_SAFE_INTEGER, slow: 0, late: 0, waiting: 100 };

interface Running {
  readonly share: Share;
  /** Whether the key has held its place for too long. */
  readonly isOverdue: boolean;
}

/** A running key that moves to another share as soon as there is room. */
interface Move {
  readonly to: "late" | "waiting";
  readonly moved: () => void;
}

interface Entry {
  readonly priority: number;
  readonly isSlow: boolean;
  /** The time on the monotonic clock; undefined if the key is already due. */
  readonly dueAt?: number;
  readonly cancel?: () => void;
}

/**
 * A queue of keys to process. The states of a key are:
 *
 *     entry:    none --addAfter--> delayed --time--> due --take--> none
 *               none ----add-----------------------> due
 *                           delayed ------add------> due
 *     running:  no --take--> yes --done--> no
 *
 * - A key has at most one entry. A further add merges into it: the earlier time wins, and the higher priority. So a run
 *   covers everything that was requested before it began, including a later planned run.
 * - take() returns due entries by priority, and entries of the same priority in the order in which they became due.
 * - While a key runs, its entry may become due, but is held back until done(): a key never runs twice at the same time,
 *   and what is added during a run leads to one more run after it.
 * - addBackoff() counts how often it was called for the key since forget(); nothing else changes the count.
 * - A key that has backed off since forget() runs in the slow share, unless it runs because of a user's change. slow()
 *   moves a running key to the late share, waits() one that only waits; if there is no room, as soon as there is.
 * - The owner of a key is its namespace. Each share has twice the places that it gives to an owner that is the only one,
 *   and an owner gets another place only while it holds fewer than are free (FairPlaces). A place is overdue once its key
 *   is known to be slow or only waits; it then no longer blocks owners with less than their equal share. So a newcomer
 *   finds room even if the keys of many owners run for an hour. Within a priority, the owners take turns.
 * - After shutDown(), nothing is added or returned; done() still works.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();
  /** The entries that are due and whose key does not run, by the share in which it will run. */
  readonly #ready = { ordinary: new ReadyKeys(), slow: new ReadyKeys() };
  readonly #running = new Map<string, Running>();
  readonly #moves = new Map<string, Move>();
  readonly #places: Readonly<Record<Share, FairPlaces>>;
  readonly #hasShares: boolean;
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #observer: WorkQueueObserver | undefined;
  #closed = false;

  constructor(options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly observer?: WorkQueueObserver | undefined;
    /** Without shares, as many keys run as are taken. */
    readonly shares?: Shares | undefined;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#observer = options.observer;
    this.#hasShares = options.shares !== undefined;
    const shares = options.shares ?? UNLIMITED;
    const places = (each: number) => new FairPlaces({ each, reserve: each });
    this.#places = {
      ordinary: places(shares.ordinary),
      slow: places(shares.slow),
      late: places(shares.late),
      waiting: places(shares.waiting),
    };
  }

  add(key: string, options: AddOptions = {}): void {
    this.#enter(key, options, undefined);
  }

  /** Adds a key after `ms`. An entry that is already due, or due earlier, keeps its time. */
  addAfter(key: string, ms: number, options: AddOptions = {}): void {
    const dueAt = ms > 0 ? this.#clock.monotonic() + ms : undefined;
    this.#enter(key, options, dueAt);
  }

  /** Adds a key after a delay that grows with every call until forget(). Returns the delay in milliseconds. */
  addBackoff(key: string, range: BackoffRange, options: AddOptions = {}): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#observer?.backedOff(key);
    const delay = backoffDelay(failures, range, this.#random);
    this.addAfter(key, delay, options);
    return delay;
  }

  /** Makes the next addBackoff() start from the shortest delay again. The entry of the key stays unchanged. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Waits for a key. Resolves to undefined if the queue is shut down or the signal fires. Call done() for each key that
   * is taken.
   */
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
    this.#moves.delete(key);
    this.#leave(key);
    this.#running.delete(key);
    this.#observer?.done(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.dueAt === undefined) this.#makeReady(key, entry);
    this.#move();
    this.#hand();
  }

  /**
   * Marks a running key as slow. In the ordinary share, another one may run in its place as soon as the late share has
   * room. Calls `freed` if the queue limits by its shares how many such keys run, so that this one no longer needs a
   * worker.
   */
  slow(key: string, freed: () => void): void {
    const running = this.#running.get(key);
    if (running === undefined || !this.#hasShares) return;
    if (!running.isOverdue) {
      this.#places[running.share].overdue(ownerOf(key));
      this.#running.set(key, { ...running, isOverdue: true });
    }
    if (running.share === "ordinary" && !this.#moves.has(key))
      this.#moves.set(key, { to: "late", moved: () => undefined });
    freed();
    this.#move();
    this.#hand();
  }

  /** Marks a running key as only waiting. `moved` is called once, when the key needs no worker any more. */
  waits(key: string, moved: () => void): void {
    const share = this.#running.get(key)?.share;
    if (share === undefined || share === "waiting" || this.#moves.get(key)?.to === "waiting") return;
    this.#moves.set(key, { to: "waiting", moved });
    this.#move();
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

  /** How many keys are due but not taken (including those that are held back), are delayed, and run. */
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
    const owner = ownerOf(key);
    const wasReady = ordinary.remove(owner, key, before.priority) || slow.remove(owner, key, before.priority);
    if (wasReady) this.#makeReady(key, entry);
  }

  #fallDue(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#enter(key, entry, undefined);
  }

  #makeReady(key: string, { priority, isSlow }: Entry): void {
    const fails = isSlow || this.#failures.has(key);
    const share = this.#hasShares && fails && priority < priorities.change ? "slow" : "ordinary";
    this.#ready[share].add(ownerOf(key), key, priority);
    this.#hand();
  }

  #enterShare(key: string, share: Share): void {
    const owner = ownerOf(key);
    // What moves here will hold its place for long.
    const isOverdue = share === "late" || share === "waiting";
    this.#running.set(key, { share, isOverdue });
    this.#places[share].take(owner);
    if (isOverdue) this.#places[share].overdue(owner);
  }

  #leave(key: string): void {
    const running = this.#running.get(key);
    if (running !== undefined) this.#places[running.share].leave(ownerOf(key), running.isOverdue);
  }

  /**
   * Moves running keys to their new shares as far as there is room, beginning with the moves that free places for
   * others.
   */
  #move(): void {
    for (const to of ["waiting", "late"] as const) {
      for (const [key, move] of this.#moves) {
        if (this.#places[to].isFull) break;
        if (move.to !== to || !this.#places[to].hasRoomFor(ownerOf(key))) continue;
        this.#moves.delete(key);
        this.#leave(key);
        this.#enterShare(key, to);
        move.moved();
      }
    }
  }

  /** Gives ready keys to the waiting takers, the longest-waiting first. */
  #hand(): void {
    for (const taker of this.#takers) {
      const next = this.#next();
      if (next === undefined) return;
      this.#entries.delete(next.key);
      this.#enterShare(next.key, next.share);
      this.#observer?.taken(next.key);
      taker(next.key);
    }
  }

  /** Removes the ready key with the highest priority whose share has room for its owner. */
  #next(): { readonly key: string; readonly share: Share } | undefined {
    const open = (["ordinary", "slow"] as const).filter((share) => !this.#places[share].isFull);
    const levels = new Set(open.flatMap((share) => this.#ready[share].priorities));
    for (const priority of [...levels].sort((a, b) => b - a)) {
      for (const share of open) {
        const key = this.#ready[share].shift(priority, (owner) => this.#places[share].hasRoomFor(owner));
        if (key !== undefined) return { key, share };
      }
    }
    return undefined;
  }
}

function ownerOf(key: string): string {
  return parseKey(key).namespace;
}
