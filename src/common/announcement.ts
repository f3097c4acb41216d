/** A repeated event for which any number of callers can wait. */
export class Announcement {
  readonly #waiting = new Set<() => void>();

  /**
   * Resolves when the event happens the next time, or when the signal fires. Never rejects: the caller checks the
   * current state.
   */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        this.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      this.#waiting.add(finish);
      signal.addEventListener("abort", finish, { once: true });
    });
  }

  /** Resolves all waiting callers. */
  notify(): void {
    for (const finish of [...this.#waiting]) finish();
  }
}
