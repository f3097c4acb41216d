/**
 * Bounds the memory of answers that slow readers have not taken yet. Answers with the same bytes share them, so any
 * number of readers of one page need its memory only once.
 */
export class HeldBytes {
  readonly #most: number;
  readonly #readers = new Map<Uint8Array, number>();
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get total(): number {
    return this.#total;
  }

  /** Holds the bytes until the signal fires. False if that would be too much; the first answer is always held. */
  hold(bytes: Uint8Array, signal: AbortSignal): boolean {
    if (signal.aborted) return true;
    const readers = this.#readers.get(bytes) ?? 0;
    if (readers === 0 && this.#total > 0 && this.#total + bytes.length > this.#most) return false;
    if (readers === 0) this.#total += bytes.length;
    this.#readers.set(bytes, readers + 1);
    signal.addEventListener("abort", () => this.#release(bytes), { once: true });
    return true;
  }

  #release(bytes: Uint8Array): void {
    const readers = (this.#readers.get(bytes) ?? 0) - 1;
    if (readers > 0) this.#readers.set(bytes, readers);
    else if (this.#readers.delete(bytes)) this.#total -= bytes.length;
  }
}
