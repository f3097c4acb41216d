import { type Clock, sleep } from "../common/clock.ts";

/** Changes that follow each other within this time count as one. */
const GATHER_MS = 1_000;
/** While nothing changes, a comment shows that the connection is alive. */
const COMMENT_MS = 60_000;
/** While something cannot be shown, how often to look whether it can be. */
const GAP_MS = 5_000;
const MOST_READERS = 128;

/** The version of what pages show, and the readers who follow it. */
export class FleetChanges {
  readonly #clock: Clock;
  /** It differs in each process, so that a reader notices a restart. */
  readonly #start: string;
  readonly #listeners = new Set<() => void>();
  readonly #readGaps: () => string;
  #gaps: string;
  #count = 0;
  #readers = 0;
  #isGathering = false;

  /** @param readGaps what cannot be shown at the moment; empty if nothing is missing */
  constructor(clock: Clock, start: string, readGaps = () => "") {
    this.#clock = clock;
    this.#start = start;
    this.#readGaps = readGaps;
    this.#gaps = readGaps();
  }

  get version(): string {
    return `${this.#start}-${this.#count}`;
  }

  /** The version, after a look at what cannot be shown, of which nobody is notified. */
  look(): string {
    const gaps = this.#readGaps();
    if (gaps !== this.#gaps) {
      this.#gaps = gaps;
      this.#advance();
    }
    return this.version;
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
        this.#advance();
      },
      { background: true },
    );
  }

  #advance(): void {
    this.#count++;
    for (const listener of [...this.#listeners]) listener();
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
      const version = this.look();
      const isNew = sent !== version;
      sent = version;
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
      await sleep(this.#clock, this.#gaps === "" ? COMMENT_MS : GAP_MS, woken.signal);
    } finally {
      this.#listeners.delete(wake);
      signal.removeEventListener("abort", wake);
    }
  }
}
