import { randomUUID } from "node:crypto";
import { type Clock, sleep } from "../common/clock.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import type { LogFields, Logger } from "../common/logger.ts";
import type { BackoffRange } from "./backoff.ts";
import { parseKey } from "./kube-object.ts";
import { type Leadership, SOLE_LEADER } from "./leadership.ts";
import type { ReconcileObserver, RunEnd } from "./observers.ts";
import type { Requeue } from "./requeue.ts";
import { Interrupted, type Run, RunControl, ShuttingDown } from "./run.ts";
import { TurnPace } from "./turn-pace.ts";
import { priorities, type WorkQueue } from "./work-queue.ts";

/**
 * Reconciles one object. The signal fires at the deadline (DeadlineExceeded), when a change makes the run pointless
 * (Interrupted), and at the end of the grace period when the program stops (ShuttingDown). The logger adds the object and
 * the run to its lines. A run that only has to wait from now on calls `yieldWorker`: it continues without its worker, which
 * takes another key as soon as the queue has room for one more waiting run.
 */
export type Reconcile = (key: string, signal: AbortSignal, logger: Logger, run: Run) => Promise<Requeue>;

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  /** How many keys are processed in parallel, not counting those whose runs are slow or only wait. */
  readonly workers: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long running reconciles may continue after the program was asked to stop. The default is 10 s. */
  readonly graceMs?: number | undefined;
  readonly observer?: ReconcileObserver | undefined;
  /** By default, this process shares its work with no other. */
  readonly leadership?: Leadership | undefined;
  /** Additional fields about the object for the log lines of a run. */
  readonly fieldsOf?: (key: string) => LogFields;
}

/** A run that takes longer counts as slow. Most answers over a network arrive sooner. */
const SLOW_FROM_MS = 2_000;
const AFTER_A_THROW: BackoffRange = { minMs: 1_000, maxMs: 300_000 };
const DEFAULT_GRACE_MS = 10_000;
/** A run that ignores its signal for this long is abandoned. */
const ABANDON_AFTER_MS = 5_000;

export interface OverdueRun {
  readonly controller: string;
  readonly key: string;
  readonly ms: number;
  readonly deadlineMs: number;
}

/** Takes keys from a queue and reconciles them with a fixed number of workers. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #running = new Map<string, RunControl>();
  readonly #runs = new Set<Promise<void>>();
  readonly #pace: TurnPace;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#pace = new TurnPace(options.clock);
  }

  /**
   * Works until the signal fires. Resolves when all runs have ended, at the latest after the grace period and the bound of a
   * section that is finished first.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { name, queue, workers, clock, logger } = this.#options;
    const drained = new AbortController();
    const stopTaking = () => queue.shutDown();
    if (signal.aborted) stopTaking();
    signal.addEventListener("abort", stopTaking, { once: true });
    const working = Promise.all(Array.from({ length: workers }, () => this.#work(signal))).then(() =>
      Promise.all(this.#runs),
    );
    const finished = working.finally(() => {
      signal.removeEventListener("abort", stopTaking);
      drained.abort();
    });
    await Promise.race([finished, fired(signal)]);
    await sleep(clock, this.#options.graceMs ?? DEFAULT_GRACE_MS, drained.signal);
    for (const run of this.#running.values()) run.stop(new ShuttingDown());
    const sectionMs = Math.max(0, ...[...this.#running.values()].map((run) => run.sectionMs));
    if (sectionMs > 0) {
      logger.info("Waiting for work that must be finished first", { controller: name, ms: sectionMs });
      await sleep(clock, sectionMs, drained.signal);
    }
    await sleep(clock, ABANDON_AFTER_MS, drained.signal);
    if (this.#running.size > 0)
      logger.error("Runs ignored their signal", { controller: name, keys: [...this.#running.keys()] });
  }

  /** A run that continues although its deadline aborted it: what it holds is lost until the process is restarted. */
  get overdue(): OverdueRun | undefined {
    const { name, deadlineMs } = this.#options;
    for (const [key, { ms, overdueMs }] of this.#running) {
      if (overdueMs > ABANDON_AFTER_MS) return { controller: name, key, ms, deadlineMs };
    }
    return undefined;
  }

  /** Reacts to a change by the user: aborts the run of this key, resets its backoff, and runs it again immediately. */
  interrupt(key: string, reason: string): void {
    this.#options.queue.forget(key);
    this.#options.queue.add(key);
    this.#running.get(key)?.interrupt(reason);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.take(signal); key !== undefined; key = await queue.take(signal)) {
      await this.#pace.next();
      if (signal.aborted) queue.done(key);
      else await this.#workOn(key, signal);
    }
  }

  /** Resolves when the worker is free, because the run has ended or continues without it: it is slow, or only waits. */
  async #workOn(key: string, stopping: AbortSignal): Promise<void> {
    const { queue, clock } = this.#options;
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    const cancel = clock.after(SLOW_FROM_MS, () => queue.slow(key, free));
    const run = this.#runOnce(key, stopping, () => queue.waits(key, free)).finally(() => {
      cancel();
      this.#runs.delete(run);
      queue.done(key);
    });
    this.#runs.add(run);
    await Promise.race([run, freed]);
    this.#options.observer?.workerFreed();
  }

  /** Never rejects. */
  async #runOnce(key: string, stopping: AbortSignal, yieldWorker: () => void): Promise<void> {
    const { clock, observer } = this.#options;
    const began = clock.monotonic();
    observer?.started();
    const end = await this.#reconcile(key, stopping, yieldWorker);
    observer?.ended(end, clock.monotonic() - began);
  }

  async #reconcile(key: string, stopping: AbortSignal, yieldWorker: () => void): Promise<RunEnd> {
    const { name, reconcile, deadlineMs, clock, fieldsOf, leadership = SOLE_LEADER } = this.#options;
    const fields = { controller: name, ...parseKey(key), reconcileID: randomUUID(), ...fieldsOf?.(key) };
    const logger = this.#options.logger.child(fields);
    const what = `${name} of ${key}`;
    using run = new RunControl({ what, deadlineMs, clock, stopping, leadership, yieldWorker });
    this.#running.set(key, run);
    const timedOut = () => run.signal.reason instanceof DeadlineExceeded;
    try {
      const requeue = await reconcile(key, run.signal, logger, run);
      // interrupt() has already added the key, and the result is based on outdated input.
      if (run.signal.reason instanceof Interrupted) return { kind: "interrupted" };
      this.#requeue(key, requeue);
      return { kind: "returned", requeue, timedOut: timedOut() };
    } catch (error) {
      if (run.signal.reason instanceof Interrupted) return { kind: "interrupted" };
      const retryMs = this.#options.queue.addBackoff(key, AFTER_A_THROW, { priority: priorities.periodic });
      logger.error("The reconciler threw", { error, retryMs });
      return { kind: "threw", error, timedOut: timedOut() };
    } finally {
      this.#running.delete(key);
    }
  }

  #requeue(key: string, requeue: Requeue): void {
    const { queue } = this.#options;
    if (requeue.kind === "backoff") {
      queue.addBackoff(key, requeue, { priority: priorities.periodic });
      return;
    }
    queue.forget(key);
    if (requeue.kind === "after") queue.addAfter(key, requeue.ms, { priority: priorities.periodic });
  }
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
