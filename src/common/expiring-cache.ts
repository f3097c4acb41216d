import { LRUCache } from "lru-cache";
import type { Clock } from "./clock.ts";

/** How often expired values are dropped, even if the cache is not used. */
const SWEEP_MS = 60_000;

/**
 * Values by key, each until it expires. What has expired does not stay in memory until its place is needed: it may be a
 * credential. All of them together are bounded in bytes; those that were not used for the longest time go first.
 */
export class ExpiringCache<V extends object> {
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, { readonly value: V; readonly until: number }>;
  #isSweepDue = false;

  /** @param maxBytes of all values with their keys, as `bytesOf` measures the values */
  constructor(clock: Clock, maxBytes: number, bytesOf: (value: V) => number) {
    this.#clock = clock;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: ({ value }, key) => 2 * key.length + bytesOf(value) + 100,
    });
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#clock.monotonic() ? entry.value : undefined;
  }

  /** `lifetimeMs`: milliseconds from now. */
  set(key: string, value: V, lifetimeMs: number): void {
    this.#entries.set(key, { value, until: this.#clock.monotonic() + lifetimeMs });
    this.#sweepLater();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  #sweepLater(): void {
    if (this.#isSweepDue || this.#entries.size === 0) return;
    this.#isSweepDue = true;
    const sweep = () => {
      this.#isSweepDue = false;
      const now = this.#clock.monotonic();
      for (const [key, { until }] of this.#entries.entries()) if (until <= now) this.#entries.delete(key);
      this.#sweepLater();
    };
    this.#clock.after(SWEEP_MS, sweep, { background: true });
  }
}
