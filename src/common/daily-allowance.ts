import type { Clock } from "./clock.ts";
import { ExpiringCache } from "./expiring-cache.ts";

interface Account {
  /** On the monotonic clock. */
  readonly at: number;
  readonly left: number;
}

const DAY_MS = 24 * 3_600_000;
const MAX_BYTES = 4 * 1024 * 1024;
const BYTES_PER_ACCOUNT = 100;

/**
 * Limits what each of many may use in a day. What was used comes back evenly over the day. The last use may exceed the
 * limit, because its amount is only known afterwards; the excess has to come back first.
 */
export class DailyAllowance {
  readonly #clock: Clock;
  readonly #perDay: number;
  readonly #accounts: ExpiringCache<Account>;

  constructor(clock: Clock, perDay: number) {
    this.#clock = clock;
    this.#perDay = perDay;
    this.#accounts = new ExpiringCache(clock, MAX_BYTES, () => BYTES_PER_ACCOUNT);
  }

  /** Whether anything is left. */
  has(owner: string): boolean {
    return this.#left(owner) > 0;
  }

  spend(owner: string, amount: number): void {
    const left = this.#left(owner) - amount;
    // An account that has everything again need not be kept.
    const untilFull = ((this.#perDay - left) / this.#perDay) * DAY_MS;
    if (amount > 0) this.#accounts.set(owner, { at: this.#clock.monotonic(), left }, untilFull);
  }

  #left(owner: string): number {
    const account = this.#accounts.get(owner);
    if (account === undefined) return this.#perDay;
    const back = ((this.#clock.monotonic() - account.at) / DAY_MS) * this.#perDay;
    return Math.min(this.#perDay, account.left + back);
  }
}
