import stringWidth from "string-width";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import type { Store } from "../runtime/store.ts";
import type { HostOrder } from "../views/sort-order.ts";
import { paintFor } from "./condition-lines.ts";
import { type CliStream, DEFAULT_COLUMNS } from "./context.ts";
import { hostLines } from "./host-lines.ts";
import { writePainted } from "./safe-stream.ts";
import { updateLines } from "./update-lines.ts";
import { wrap } from "./wrap.ts";

export interface LiveTableOptions {
  readonly hosts: Store<DockerHostObject>;
  readonly stdout: CliStream;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly colour: boolean;
  readonly wide?: boolean;
  readonly order?: HostOrder | undefined;
  /** Lines above the table that the user should read. */
  readonly notes: () => readonly string[];
}

/** Changes within this time are drawn together. */
const SETTLE_MS = 100;
/** Ages grow even if nothing changes. */
const REFRESH_MS = 10_000;
/** One message must not push the other hosts off the screen. */
const LINES_BELOW = 3;

/** The table of hosts on a terminal, drawn in place whenever something changes. */
export class LiveTable {
  readonly #options: LiveTableOptions;
  #cancel: (() => void) | undefined;
  #isSettling = false;

  constructor(options: LiveTableOptions) {
    this.#options = options;
  }

  start(): void {
    const { hosts, signal } = this.#options;
    if (signal.aborted) return;
    const unsubscribe = hosts.subscribe(() => this.#settle());
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

  /** Draws immediately, for what is not in the store: the notes, which the user should read first. */
  refresh(): void {
    if (!this.#options.signal.aborted) this.#draw();
  }

  /** Further changes do not put off a drawing that is due: a large fleet changes all the time. */
  #settle(): void {
    if (this.#isSettling) return;
    this.#schedule(SETTLE_MS);
    this.#isSettling = true;
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#isSettling = false;
    this.#cancel = this.#options.clock.after(ms, () => this.#draw());
  }

  #draw(): void {
    const { hosts, stdout, clock, colour, notes, wide = false, order } = this.#options;
    const paint = paintFor(colour);
    const fit = { now: clock.now(), paint, width: stdout.columns ?? DEFAULT_COLUMNS, linesBelow: LINES_BELOW };
    const noted = notes().flatMap((note) => wrap(note, fit.width).map((line) => paint("yellow", line)));
    const body = [
      ...(noted.length === 0 ? [] : [...noted, ""]),
      ...hostLines(hosts.list(), { ...fit, wide, order }),
      ...updateLines(hosts.list(), fit),
    ];
    const lines = [...fitting(body, stdout), "", paint("gray", "Press Ctrl-C to quit.")];
    // Move to the top, write each line and clear the rest of it, then clear everything below.
    writePainted(stdout, `\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\n\x1b[J`);
    this.#schedule(REFRESH_MS);
  }
}

/** The rows below the body: how much was left out, an empty line, how to quit, and the line of the cursor. */
const FOOT_ROWS = 4;

/**
 * Cuts the body to the screen: a taller frame would scroll, and leave a copy of itself behind each time it is drawn.
 */
function fitting(body: readonly string[], { columns = DEFAULT_COLUMNS, rows }: CliStream): readonly string[] {
  if (rows === undefined) return body;
  let taken = 0;
  const fits = body.findIndex((line) => {
    taken += Math.max(1, Math.ceil(stringWidth(line) / columns));
    return taken > rows - FOOT_ROWS;
  });
  return fits === -1
    ? body
    : [...body.slice(0, fits), `... and ${body.length - fits} more lines; enlarge the terminal`];
}
