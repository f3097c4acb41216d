import type { Clock } from "../../common/clock.ts";
import type { PullEvent } from "../../docker/pull-event.ts";
import { layerLine, PullSummary } from "../../replacement/pull-summary.ts";
import type { Progress } from "../../replacement/request.ts";
import { type CliStream, DEFAULT_COLUMNS, terminalWidth } from "../context.ts";
import { writePainted } from "../safe-stream.ts";
import { oneLine } from "../table.ts";
import { cutTo, wrap } from "../wrap.ts";

const DRAW_MS = 200;
/** The interval of the lines without a terminal. */
const LINE_MS = 60_000;
const MAX_BARS = 8;

const BACK = "putting the old container back";
const PULLING = "pulling the image";
const STOPPING = "stopping the old container";
const REMOVING = "removing what is no longer needed";

/** What a person sees of each step that may take long. The others are shown as the step before them. */
const WORDS: Readonly<Record<Progress["phase"], Partial<Record<Progress["step"], string>>>> = {
  Pulling: { Pull: PULLING, Tag: PULLING },
  Replacing: {
    Hook: "running the pre-update hook",
    Create: "creating the new container",
    HoldPolicy: STOPPING,
    StopOld: STOPPING,
    StartNew: "starting the new container",
  },
  Verifying: {
    Verify: "waiting for the new container to prove itself",
    Hook: "running the post-update hook",
    Restart: "restarting what depends on it",
    RemoveImage: REMOVING,
    RemoveOld: REMOVING,
  },
  RollingBack: {},
};

/**
 * Shows on standard error how one update proceeds: in place with a bar for each layer on a terminal, and elsewhere one
 * line for each step and one each minute.
 */
export class UpdateProgress implements Disposable {
  readonly #stderr: CliStream;
  readonly #clock: Clock;
  readonly #container: string;
  readonly #began: number;
  readonly #pull = new PullSummary();
  #words = "starting";
  #note: string | undefined;
  #drawn = 0;
  #cancel: (() => void) | undefined;

  constructor(container: string, stderr: CliStream, clock: Clock) {
    this.#container = container;
    this.#stderr = stderr;
    this.#clock = clock;
    this.#began = clock.monotonic();
    this.#tick();
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#erase();
  }

  onStep({ phase, step }: Pick<Progress, "phase" | "step">): void {
    // If only the tag is moved back, the old container was never touched.
    const isBack = phase === "RollingBack" && step !== "Tag";
    const words = isBack ? BACK : (WORDS[phase][step] ?? this.#words);
    if (words === this.#words) return;
    this.#words = words;
    if (this.#isTerminal) this.#draw();
    else this.#stderr.write(`${this.#line()}\n`);
  }

  onPull(event: PullEvent): void {
    this.#pull.add(event);
  }

  /** Adds a line that stays until the end. */
  note(text: string): void {
    this.#note = text;
    if (this.#isTerminal) this.#draw();
    else this.#stderr.write(`${oneLine(text)}\n`);
  }

  get #isTerminal(): boolean {
    return this.#stderr.isTTY === true;
  }

  get #isPulling(): boolean {
    return this.#words === PULLING;
  }

  #tick(): void {
    this.#cancel = this.#clock.after(this.#isTerminal ? DRAW_MS : LINE_MS, () => {
      if (this.#isTerminal) this.#draw();
      else this.#stderr.write(`${this.#line()}\n`);
      this.#tick();
    });
  }

  #line(): string {
    const seconds = Math.floor((this.#clock.monotonic() - this.#began) / 1_000);
    const pulled = this.#isPulling && !this.#pull.isEmpty ? `, ${this.#pull.text}` : "";
    return oneLine(`${this.#container}: ${this.#words}${pulled} (${seconds} s)`);
  }

  #draw(): void {
    const columns = terminalWidth(this.#stderr) ?? DEFAULT_COLUMNS;
    const open = this.#isPulling ? this.#pull.layers.filter(({ state }) => state !== "complete") : [];
    const more = open.length > MAX_BARS ? [`  and ${open.length - MAX_BARS} more layers`] : [];
    const bars = open.slice(0, MAX_BARS).map((layer) => `  ${oneLine(layerLine(layer))}`);
    const notes = this.#note === undefined ? [] : wrap(this.#note, columns - 1);
    // A line that wraps would take a row that is not counted.
    const lines = [this.#line(), ...bars, ...more, ...notes].map((line) => cutTo(line, columns - 1));
    writePainted(this.#stderr, `${this.#home()}${lines.map((line) => `${line}\x1b[K\n`).join("")}\x1b[J`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) writePainted(this.#stderr, `${this.#home()}\x1b[J`);
    this.#drawn = 0;
  }

  /** Moves the cursor to the first of the lines that were drawn before. */
  #home(): string {
    return this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A`;
  }
}
