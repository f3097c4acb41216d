/** A request for room that has not been granted yet. */
interface Waiting {
  readonly lease: Lease;
  readonly bytes: number;
  readonly resolve: () => void;
}

/** The part of a budget that one answer holds. */
export interface ByteLease extends Disposable {
  /**
   * Resolves when there is room for that many more bytes. Rejects with the signal's reason if the signal fires first.
   */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
}

/**
 * Shares the bytes that a process holds fairly between owners: an owner may hold half of what the others leave, so that
 * there is always something left for a later one. Requests that do not fit wait in order of arrival.
 *
 * One of an owner's leases can always grow to `largest`: otherwise, several half-filled ones would wait for each other.
 */
export class ByteBudget {
  readonly #total: number;
  readonly #largest: number;
  readonly #leases = new Map<string, Set<Lease>>();
  #held = 0;
  readonly #waiting = new Set<Waiting>();

  /** @param largest bytes to which one lease may grow */
  constructor(total: number, largest: number) {
    this.#total = total;
    this.#largest = largest;
  }

  /** The bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** The number of leases that wait for room. */
  get waiting(): number {
    return this.#waiting.size;
  }

  lease(owner: string): ByteLease {
    const lease: Lease = new Lease(
      owner,
      (bytes, signal) => this.#grow(lease, bytes, signal),
      () => this.#release(lease),
    );
    const leases = this.#leases.get(owner) ?? new Set();
    this.#leases.set(owner, leases.add(lease));
    return lease;
  }

  async #grow(lease: Lease, bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#fits(lease, bytes)) {
      this.#take(lease, bytes);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { lease, bytes, resolve };
    const giveUp = () => {
      if (this.#waiting.delete(waiting)) reject(signal.reason);
    };
    this.#waiting.add(waiting);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #take(lease: Lease, bytes: number): void {
    lease.held += bytes;
    this.#held += bytes;
  }

  #release(lease: Lease): void {
    const leases = this.#leases.get(lease.owner);
    leases?.delete(lease);
    if (leases?.size === 0) this.#leases.delete(lease.owner);
    this.#held -= lease.held;
    lease.held = 0;
    for (const waiting of this.#waiting) {
      if (!this.#fits(waiting.lease, waiting.bytes)) continue;
      this.#waiting.delete(waiting);
      this.#take(waiting.lease, waiting.bytes);
      waiting.resolve();
    }
  }

  #fits(lease: Lease, bytes: number): boolean {
    let own = bytes;
    let most = lease.held + bytes;
    for (const { held } of this.#leases.get(lease.owner) ?? []) {
      own += held;
      most = Math.max(most, held);
    }
    const others = this.#held - (own - bytes);
    const share = Math.floor((this.#total - others) / 2);
    return own <= share && share - own + most >= Math.min(this.#largest, share);
  }
}

class Lease implements ByteLease {
  readonly owner: string;
  readonly grow: ByteLease["grow"];
  readonly #release: () => void;
  held = 0;

  constructor(owner: string, grow: ByteLease["grow"], release: () => void) {
    this.owner = owner;
    this.grow = grow;
    this.#release = release;
  }

  [Symbol.dispose](): void {
    this.#release();
  }
}
