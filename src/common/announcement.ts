/** Something that happens now and then, and that any number of callers wait for. */
export class Announcement {
  readonly #waiting = new Set<() => void>();

  /** Resolves when it happens the next time, or when the signal fires. Never rejects: the caller looks at what is so now. */
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

  /** It has happened. */
  tell(): void {
    for (const finish of [...this.#waiting]) finish();
  }
}
