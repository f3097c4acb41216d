import type { Clock } from "../common/clock.ts";
import { DeadlineExceeded, startDeadline } from "../common/deadline.ts";
import type { Leadership } from "./leadership.ts";

/** The reason of an abort by a change: the input of the run is out of date, and another run follows. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /**
   * Fires at the run's deadline and when the program stops. Use it for work that must be finished although the run is
   * pointless.
   */
  readonly stopped: AbortSignal;

  constructor(message: string, stopped: AbortSignal = new AbortController().signal) {
    super(message);
    this.stopped = stopped;
  }
}

/** The reason of an abort because the program stops. */
export class ShuttingDown extends Error {
  override readonly name = "ShuttingDown";
}

/** What a reconciler may know and ask about its own run. */
export interface Run {
  /** Fires immediately when the input of the run has changed, also within a section that is finished first. */
  readonly changed: AbortSignal;
  /** Fires immediately when the program is asked to stop, while running work may still use the grace period. */
  readonly stopping: AbortSignal;
  /** Continues without the worker from now on, because the run only has to wait. */
  yieldWorker(): void;
  /**
   * Runs a section that is finished first: until it ends, neither a changed input nor the run's deadline aborts the run, and
   * a shutdown waits for it beyond the grace period. Its own signal fires only after `boundMs`. Rejects without having
   * started if the run was aborted or the program is stopping.
   */
  finishFirst<T>(what: string, boundMs: number, section: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Ask before each act that only the leader may do. */
  readonly leadership: Leadership;
}

export interface RunControlOptions {
  /** Names the run. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Fires when the program is asked to stop. */
  readonly stopping: AbortSignal;
  readonly leadership: Leadership;
  readonly yieldWorker: () => void;
}

/**
 * One run of a reconciler, as its controller sees it. Three things may abort it: a change, its deadline, and the end of the
 * grace period. What happens within a section that is finished first aborts the run when the section has ended.
 */
export class RunControl implements Run, Disposable {
  readonly #options: RunControlOptions;
  readonly #since: number;
  readonly #run = new AbortController();
  readonly #changed = new AbortController();
  readonly #stopped = new AbortController();
  /** Why the run is to be aborted, and why it is to be stopped; the first of each counts. */
  #abortedBy: Error | undefined;
  #stoppedBy: Error | undefined;
  /** When the sections that are finished first end at the latest, on the monotonic clock. */
  readonly #sections = new Map<symbol, number>();
  readonly #cancelDeadline: () => void;

  constructor(options: RunControlOptions) {
    this.#options = options;
    const { clock, deadlineMs, what } = options;
    this.#since = clock.monotonic();
    this.#cancelDeadline = clock.after(deadlineMs, () => this.stop(new DeadlineExceeded(what, deadlineMs)));
  }

  /** Fires when the run is aborted. */
  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  get stopping(): AbortSignal {
    return this.#options.stopping;
  }

  get leadership(): Leadership {
    return this.#options.leadership;
  }

  yieldWorker(): void {
    this.#options.yieldWorker();
  }

  /** The input of the run has changed. */
  interrupt(why: string): void {
    const interrupted = new Interrupted(why, this.#stopped.signal);
    this.#changed.abort(interrupted);
    this.#abortedBy ??= interrupted;
    this.#settle();
  }

  /** The run must end, because the program stops or the deadline has passed. */
  stop(why: Error): void {
    this.#stoppedBy ??= why;
    this.#abortedBy ??= why;
    this.#settle();
  }

  async finishFirst<T>(what: string, boundMs: number, section: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, stopping } = this.#options;
    this.signal.throwIfAborted();
    if (stopping.aborted) throw new ShuttingDown();
    const id = Symbol(what);
    using bound = startDeadline(new AbortController().signal, what, boundMs, clock);
    this.#sections.set(id, clock.monotonic() + boundMs);
    try {
      return await section(bound.signal);
    } finally {
      this.#sections.delete(id);
      this.#settle();
    }
  }

  get ms(): number {
    return this.#options.clock.monotonic() - this.#since;
  }

  /** How long a section that is finished first may still take: 0 if there is none. */
  get sectionMs(): number {
    return Math.max(0, Math.max(0, ...this.#sections.values()) - this.#options.clock.monotonic());
  }

  /** How long the run continues although its deadline and the bounds of its sections have passed. */
  get overdueMs(): number {
    return Math.min(this.ms - this.#options.deadlineMs, this.#sections.size === 0 ? Infinity : this.#sectionOverdueMs);
  }

  get #sectionOverdueMs(): number {
    return this.#options.clock.monotonic() - Math.max(...this.#sections.values());
  }

  [Symbol.dispose](): void {
    this.#cancelDeadline();
  }

  #settle(): void {
    if (this.#sections.size > 0) return;
    if (this.#stoppedBy !== undefined) this.#stopped.abort(this.#stoppedBy);
    if (this.#abortedBy !== undefined) this.#run.abort(this.#abortedBy);
  }
}
