import type { DockerHostObject } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import type { Store } from "../runtime/store.ts";
import type { CliStream } from "./context.ts";
import { coloured, hostLines, plain, updateLines } from "./report.ts";
import { oneLine } from "./table.ts";

export interface LiveTableOptions {
  readonly hosts: Store<DockerHostObject>;
  readonly stdout: CliStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly colour: boolean;
  /** Lines below the table that somebody should read. */
  readonly notes: () => readonly string[];
}

/** Changes that come together are drawn together. */
const SETTLE_MS = 100;
/** Ages grow without a change. */
const REFRESH_MS = 10_000;

/** The table of hosts on a terminal, drawn in place whenever something changes. */
export class LiveTable {
  readonly #options: LiveTableOptions;
  #cancel: (() => void) | undefined;

  constructor(options: LiveTableOptions) {
    this.#options = options;
  }

  start(): void {
    const { hosts, signal } = this.#options;
    if (signal.aborted) return;
    const unsubscribe = hosts.subscribe(() => this.#schedule(SETTLE_MS));
    signal.addEventListener(
      "abort",
      () => {
        unsubscribe();
        this.#cancel?.();
      },
      { once: true },
    );
    this.#draw();
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(ms, () => this.#draw());
  }

  #draw(): void {
    const { hosts, stdout, clock, colour, notes } = this.#options;
    const paint = colour ? coloured : plain;
    const lines = [
      ...hostLines(hosts.list(), { wide: false, now: clock.now(), paint }),
      ...updateLines(hosts.list(), paint),
      ...notes().map((note) => paint("yellow", oneLine(note))),
      "",
      paint("gray", "Ctrl-C ends."),
    ];
    // Home, then each line with the rest of it cleared, then everything below.
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\n\x1b[J`);
    this.#schedule(REFRESH_MS);
  }
}
