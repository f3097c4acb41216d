import type { Clock } from "./clock.ts";

/** The part of a budget that one answer holds. */
export interface ByteLease extends Disposable {
  /**
   * Resolves when there is room for that many more bytes. Rejects with the signal's reason if the signal fires first,
   * and with HeldTooLong if the lease is taken back.
   */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
  /** The answer is complete: from now on, its room is not taken back. */
  keep(): void;
}

/** Others waited for the room of an answer that was not complete after a while. */
export class HeldTooLong extends Error {
  override readonly name = "HeldTooLong";
}

export interface ByteBudgetOptions {
  readonly total: number;
  /** The bytes to which one lease may grow. */
  readonly largest: number;
  readonly clock: Clock;
}

/** After this time, a request that waits takes back what others hold beyond their shares; newer answers are spared. */
const PATIENCE_MS = 5_000;
/** No answer that takes longer than this keeps others waiting, whatever its owner's share. */
const LONGEST_MS = 30_000;

/** Identifies who shares the budget. */
interface Owner {
  readonly leases: Set<Lease>;
  held: number;
  /** How many leases wait for room. */
  waiting: number;
}

interface Lease {
  readonly owner: Owner;
  /** On the monotonic clock. */
  readonly since: number;
  held: number;
  /** Whether it has waited for longer than its owner should have to. */
  isOverdue: boolean;
  takeBack: ((error: HeldTooLong) => void) | undefined;
  takenBack?: HeldTooLong;
}

/** A request for room that has not been granted yet. */
interface Waiting {
  readonly lease: Lease;
  readonly bytes: number;
  readonly settle: (error?: unknown) => void;
}

/**
 * Shares the bytes that a process holds fairly between owners: an owner may hold half of what the others leave, so that
 * there is always something left for a later one. Requests that do not fit wait, and of those the owner that holds the
 * least comes first.
 *
 * No matter how many owners there are, each gets its equal share, which leaves room for one more owner: if a request
 * within it has waited for a while, answers of those that hold more are taken back, unless they are complete or new.
 * What is beyond an equal share waits longer, but only for answers that others send without delay.
 *
 * One of an owner's leases can always grow to `largest`, or to its share if that is less: otherwise, several half-filled
 * ones would wait for each other.
 */
export class ByteBudget {
  readonly #total: number;
  readonly #largest: number;
  readonly #clock: Clock;
  readonly #owners = new Map<string, Owner>();
  readonly #waiting = new Set<Waiting>();
  #held = 0;

  constructor({ total, largest, clock }: ByteBudgetOptions) {
    this.#total = total;
    this.#largest = largest;
    this.#clock = clock;
  }

  /** The bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** The number of leases that wait for room. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param takeBack ends the answer with this error and disposes of the lease; without it, the lease is the owner's */
  lease(name: string, takeBack?: (error: HeldTooLong) => void): ByteLease {
    const owner = this.#owners.get(name) ?? { leases: new Set(), held: 0, waiting: 0 };
    this.#owners.set(name, owner);
    const lease: Lease = { owner, since: this.#clock.monotonic(), held: 0, isOverdue: false, takeBack };
    owner.leases.add(lease);
    return {
      grow: (bytes, signal) => this.#grow(lease, bytes, signal),
      keep: () => {
        lease.takeBack = undefined;
      },
      [Symbol.dispose]: () => this.#release(name, lease),
    };
  }

  async #grow(lease: Lease, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (lease.takenBack !== undefined) throw lease.takenBack;
    if (this.#fits({ lease, bytes })) {
      this.#take(lease, bytes);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (error?: unknown) => {
      if (!this.#waiting.delete(waiting)) return;
      lease.owner.waiting--;
      if (error === undefined) resolve();
      else reject(error);
    };
    const waiting: Waiting = { lease, bytes, settle };
    this.#waiting.add(waiting);
    lease.owner.waiting++;
    const giveUp = () => settle(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    let cancel = () => {};
    const wait = () => {
      if (lease.isOverdue) this.#makeRoom(waiting);
      cancel = this.#clock.after(PATIENCE_MS, () => {
        lease.isOverdue = true;
        this.#grant();
        wait();
      });
    };
    wait();
    try {
      await promise;
    } finally {
      cancel();
      signal.removeEventListener("abort", giveUp);
    }
  }

  #take(lease: Lease, bytes: number): void {
    lease.held += bytes;
    lease.owner.held += bytes;
    this.#held += bytes;
  }

  #release(name: string, lease: Lease): void {
    const { owner } = lease;
    if (!owner.leases.delete(lease)) return;
    if (owner.leases.size === 0 && this.#owners.get(name) === owner) this.#owners.delete(name);
    this.#take(lease, -lease.held);
    this.#grant();
  }

  /** The owner that holds the least comes first; otherwise, in order of arrival. */
  #grant(): void {
    for (const waiting of [...this.#waiting].sort((a, b) => a.lease.owner.held - b.lease.owner.held)) {
      if (!this.#fits(waiting)) continue;
      this.#take(waiting.lease, waiting.bytes);
      waiting.settle();
    }
  }

  #fits({ lease, bytes }: Pick<Waiting, "lease" | "bytes">): boolean {
    const { owner, isOverdue } = lease;
    const own = owner.held + bytes;
    const left = this.#total - (this.#held - owner.held);
    const half = Math.floor(left / 2);
    return this.#isWithin(isOverdue ? Math.min(left, Math.max(half, this.#equalShare)) : half, lease, own, bytes);
  }

  /** Whether the owner stays within the share, and one of its leases can still become as large as it may. */
  #isWithin(share: number, lease: Lease, own: number, bytes: number): boolean {
    let most = lease.held + bytes;
    for (const { held } of lease.owner.leases) most = Math.max(most, held);
    return own <= share && share - own + most >= Math.min(this.#largest, share);
  }

  /** The shares of owners that hold or want something. One more share is kept for the next newcomer. */
  get #equalShare(): number {
    let owners = 1;
    for (const { held, waiting } of this.#owners.values()) if (held > 0 || waiting > 0) owners++;
    return Math.floor(this.#total / owners);
  }

  /** Takes back answers of others until the request fits, or until those that are left may stay. */
  #makeRoom(waiting: Waiting): void {
    const { lease, bytes } = waiting;
    const equal = this.#equalShare;
    const isWithin = this.#isWithin(equal, lease, lease.owner.held + bytes, bytes);
    const now = this.#clock.monotonic();
    const others = [...this.#owners.values()]
      .filter((owner) => owner !== lease.owner)
      .sort((a, b) => b.held - a.held)
      .flatMap(({ leases }) => [...leases]);
    for (const each of others) {
      if (!this.#waiting.has(waiting)) return;
      if (each.takeBack === undefined || each.held === 0) continue;
      const isBeyond = isWithin && each.owner.held > equal;
      if (now - each.since >= (isBeyond ? PATIENCE_MS : LONGEST_MS)) this.#takeBack(each);
    }
  }

  /** The answer releases its memory immediately, so its room is free from now on. */
  #takeBack(lease: Lease): void {
    const error = new HeldTooLong("others waited for the memory that the answer took");
    lease.takeBack?.(error);
    lease.takeBack = undefined;
    lease.takenBack = error;
    for (const waiting of this.#waiting) if (waiting.lease === lease) waiting.settle(error);
    this.#take(lease, -lease.held);
    this.#grant();
  }
}
