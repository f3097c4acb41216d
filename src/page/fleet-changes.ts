import { type Clock, sleep } from "../common/clock.ts";

/** Changes that follow each other within this time count as one. */
const GATHER_MS = 1_000;
/** While nothing changes, a comment shows that the connection is alive. */
const COMMENT_MS = 60_000;
const MOST_READERS = 128;

/** The version of what pages show, and the readers who follow it. */
export class FleetChanges {
  readonly #clock: Clock;
  /** It differs in each process, so that a reader notices a restart. */
  readonly #start: string;
  readonly #listeners = new Set<() => void>();
  #count = 0;
  #readers = 0;
  #isGathering = false;

  constructor(clock: Clock, start: string) {
    this.#clock = clock;
    this.#start = start;
  }

  get version(): string {
    return `${this.#start}-${this.#count}`;
  }

  get readers(): number {
    return this.#readers;
  }

  /** Records a change. Readers are notified soon, together with other changes until then. */
  changed(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#clock.after(
      GATHER_MS,
      () => {
        this.#isGathering = false;
        this.#count++;
        for (const listener of [...this.#listeners]) listener();
      },
      { background: true },
    );
  }

  /**
   * Server-sent events: the version now and after each change. Undefined if there are too many readers. Nothing is kept
   * for a slow reader: it gets the newest version when it continues to read.
   */
  follow(signal: AbortSignal): AsyncIterable<string> | undefined {
    if (this.#readers >= MOST_READERS || signal.aborted) return undefined;
    this.#readers++;
    signal.addEventListener("abort", () => this.#readers--, { once: true });
    return this.#events(signal);
  }

  async *#events(signal: AbortSignal): AsyncGenerator<string> {
    let sent = "";
    while (!signal.aborted) {
      const isNew = sent !== this.version;
      sent = this.version;
      yield isNew ? `event: version\ndata: ${sent}\n\n` : ": nothing changed\n\n";
      if (sent === this.version) await this.#next(signal);
    }
  }

  /** Resolves at the next change, when a comment is due, or when the reader has left. */
  async #next(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#listeners.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    try {
      await sleep(this.#clock, COMMENT_MS, woken.signal);
    } finally {
      this.#listeners.delete(wake);
      signal.removeEventListener("abort", wake);
    }
  }
}
