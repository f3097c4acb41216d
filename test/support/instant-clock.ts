import type { Clock } from "../../src/common/clock.ts";

/** A clock that does not wait, but shows the time as if it had. */
export class InstantClock implements Clock {
  #elapsed = 0;

  now(): number {
    return this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void): () => void {
    const at = this.#elapsed + Math.max(0, ms);
    const due = setImmediate(() => {
      this.#elapsed = Math.max(this.#elapsed, at);
      callback();
    });
    return () => clearImmediate(due);
  }
}
