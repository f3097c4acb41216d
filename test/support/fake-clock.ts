import type { Clock } from "../../src/common/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly background: boolean;
  readonly callback: () => void;
}

/** A clock that moves only when a test says so. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #wallOffset: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start = Date.parse("2026-01-01T00:00:00Z")) {
    this.#wallOffset = start;
  }

  now(): number {
    return this.#wallOffset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void, { background } = { background: false }): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, background, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `ms` pass, firing what falls due in order and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, next.at);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#elapsed = end;
  }

  /** Lets time pass in which nothing runs, as in a process that was stopped: what fell due is fired by the next advance. */
  skip(ms: number): void {
    this.#elapsed += ms;
  }

  /** Moves only the wall clock, as an administrator or NTP would. */
  setWall(ms: number): void {
    this.#wallOffset = ms - this.#elapsed;
  }

  /** How many timers a program would wait for. */
  get pending(): number {
    return [...this.#timers].filter(({ background }) => !background).length;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Lets everything that is already due in the microtask and immediate queues run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
