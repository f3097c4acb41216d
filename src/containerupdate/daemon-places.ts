/** Lets one update at a time change a daemon. Those that find it taken are woken when it is free. */
export class DaemonPlaces {
  readonly #wake: (key: string) => void;
  readonly #holders = new Map<string, string>();
  /** In the order in which they came. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(wake: (key: string) => void) {
    this.#wake = wake;
  }

  /** Undefined while another update has the daemon; then the key is woken later. Dispose of the place to free it. */
  take(daemon: string, key: string): Disposable | undefined {
    if (this.#holders.has(daemon)) {
      const waiting = this.#waiting.get(daemon) ?? new Set();
      this.#waiting.set(daemon, waiting.add(key));
      return undefined;
    }
    this.#holders.set(daemon, key);
    this.#waiting.get(daemon)?.delete(key);
    return { [Symbol.dispose]: () => this.#free(daemon) };
  }

  /** All are woken, since any of them may have nothing to do by now. Those that come too late wait again. */
  #free(daemon: string): void {
    this.#holders.delete(daemon);
    const waiting = this.#waiting.get(daemon) ?? [];
    this.#waiting.delete(daemon);
    for (const key of waiting) this.#wake(key);
  }
}
