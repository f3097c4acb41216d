import type { Clock } from "../../common/clock.ts";

/**
 * Writes a mark unless the work that it announces ends before. Most passes do, and a write costs the API server more than
 * such a pass costs this program.
 */
export class DelayedMark implements AsyncDisposable {
  readonly #cancel: () => void;
  #written: Promise<{ readonly error?: unknown } | undefined> = Promise.resolve(undefined);

  /** @param write called once after `delayMs`, unless `end` was called before */
  constructor(clock: Clock, delayMs: number, write: () => Promise<void>) {
    this.#cancel = clock.after(delayMs, () => {
      this.#written = write().then(
        () => ({}),
        (error: unknown) => ({ error }),
      );
    });
  }

  /** Whether the mark was written. Waits for a write that has begun, and throws what it has thrown. */
  async end(): Promise<boolean> {
    this.#cancel();
    const written = await this.#written;
    if (written !== undefined && "error" in written) throw written.error;
    return written !== undefined;
  }

  /** Waits for a write that has begun, so that the next pass does not start from the status in front of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#written;
  }
}
