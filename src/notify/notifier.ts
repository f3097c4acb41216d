import { type Clock, sleep } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import { type BackoffRange, backoffDelay } from "../runtime/backoff.ts";
import { type Leadership, SOLE_LEADER } from "../runtime/leadership.ts";
import type { Attempt } from "./attempt.ts";
import { changesMessage } from "./build-message.ts";
import type { Deliver } from "./delivery.ts";
import { type DeliveryRecord, type Gathered, gather } from "./gather.ts";
import type { Message } from "./message.ts";
import type { NotifierState, NotifyObserver } from "./notify-observer.ts";
import type { Outbox } from "./outbox.ts";
import { withGrace } from "./with-grace.ts";

export interface NotifierOptions {
  readonly outboxes: readonly Outbox[];
  readonly deliver: Deliver;
  /** Names this installation in messages. */
  readonly from: string;
  /** Changes within this time after the first are sent in one message. */
  readonly windowMs: number;
  /** How long an attempt may continue after the program was asked to stop. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly leadership?: Leadership | undefined;
  readonly observer?: NotifyObserver | undefined;
}

const RETRY: BackoffRange = { minMs: 2_000, maxMs: 5 * 60_000 };
const LARGEST = { objects: 1_000, changes: 1_000, bytes: 512 * 1024 };
/** A receiver may refuse a message because of a temporary fault of its own. */
const REFUSALS = 3;
const RECORD_MS = 30_000;
const RECORD_AGAIN_MS = 10_000;
const RECORDS_AT_ONCE = 8;

/**
 * Reports to a receiver what has changed, one message at a time, until it has taken it. The changes wait in the statuses of
 * their objects, which also record which of them were delivered. It holds at most one message in memory.
 */
export class Notifier implements NotifierState {
  readonly #options: NotifierOptions;
  /** Changes that were delivered but not yet recorded. They must not be sent again. */
  readonly #delivered = new Set<string>();
  #unrecorded: readonly DeliveryRecord[] = [];
  /** The objects of a message that is small enough for the receiver, as far as it is known. */
  #mostObjects = LARGEST.objects;
  /** Fewer than that while the object is looked for whose changes the receiver refuses. */
  #objects = LARGEST.objects;
  /** Objects whose changes were denied. They are tried again when nothing else waits. */
  readonly #aside = new Set<string>();
  /** Attempts that failed since the last one that did not. */
  #failures = 0;
  #problem: string | undefined;
  #wake: () => void = () => undefined;

  constructor(options: NotifierOptions) {
    this.#options = options;
    for (const outbox of options.outboxes) outbox.onWaiting(() => this.#wake());
  }

  get waiting(): number {
    return this.#options.outboxes.reduce((sum, outbox) => sum + outbox.size, 0);
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Runs until the signal fires. What could not be delivered by then is delivered after the next start, or by the next leader. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, windowMs, outboxes, leadership = SOLE_LEADER } = this.#options;
    while (!signal.aborted) {
      await this.#untilSomethingWaits(signal);
      await sleep(clock, windowMs, signal);
      await this.#recordLeft();
      const limits = { ...LARGEST, objects: this.#objects };
      const gathered = gather(
        outboxes,
        limits,
        (id) => this.#delivered.has(id),
        (key) => this.#aside.has(key),
      );
      if (signal.aborted) return;
      if (gathered === undefined && this.#aside.size > 0) this.#aside.clear();
      else if (gathered !== undefined && leadership.isLeader) await this.#send(gathered, signal);
      else await sleep(clock, RECORD_AGAIN_MS, signal);
    }
  }

  #untilSomethingWaits(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.waiting > 0) return resolve();
      const wake = () => {
        this.#wake = () => undefined;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Sends one message until it is taken, refused, or the signal fires. */
  async #send(gathered: Gathered, signal: AbortSignal): Promise<void> {
    const { clock, random, from, leadership = SOLE_LEADER } = this.#options;
    const message = changesMessage(from, gathered.changes);
    let refusals = 0;
    // Checked before each attempt, because another process may lead by now and send the same message.
    while (!signal.aborted && leadership.isLeader) {
      const attempt = await this.#attempt(message, signal);
      if (attempt.kind === "delivered") {
        this.#failures = 0;
        return await this.#settle("delivered", gathered);
      }
      const delay = backoffDelay(++this.#failures, RETRY, random);
      const isRefused = attempt.kind === "refused" || attempt.kind === "tooLarge";
      const isOfOne = gathered.records.length === 1;
      if (isRefused && isOfOne && ++refusals === REFUSALS) return await this.#settle("dropped", gathered);
      if (attempt.kind === "denied" || (isRefused && !isOfOne)) {
        this.#isolate(attempt.kind, gathered);
        return await this.#pause(delay, signal);
      }
      const asked = attempt.kind === "failed" ? (attempt.retryAfterMs ?? 0) : 0;
      // Jitter is also added to the wait that the receiver asks for, because many senders may have got the same answer.
      await sleep(clock, Math.max(delay, asked * (1 + random() / 10)), signal);
    }
  }

  /** Ends earlier if something changes, because that may be delivered. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    await sleep(this.#options.clock, ms, woken.signal);
    this.#wake = () => undefined;
    signal.removeEventListener("abort", wake);
  }

  /** The changes of one object, which somebody else may have chosen, must not keep back or take along those of the others. */
  #isolate(kind: Attempt["kind"], { records }: Gathered): void {
    const [first, ...others] = records;
    if (others.length === 0) {
      if (first !== undefined) this.#aside.add(first.key);
      return;
    }
    this.#objects = Math.floor(records.length / 2);
    if (kind === "tooLarge") this.#mostObjects = this.#objects;
  }

  async #attempt(message: Message, signal: AbortSignal): Promise<Attempt> {
    const { deliver, clock, graceMs, logger, observer } = this.#options;
    // The message of an attempt that is cut off may have arrived, and would be sent again after the next start.
    using lasting = withGrace(signal, graceMs, clock);
    const attempt = await deliver(message, lasting.signal);
    const changes = message.changes.length;
    if (attempt.kind === "delivered") {
      observer?.attempted("delivered");
      if (this.#problem !== undefined) logger.info("Notifications are delivered again", { changes });
      else logger.debug("A notification was delivered", { changes });
      this.#problem = undefined;
    } else {
      observer?.attempted(attempt.kind === "refused" || attempt.kind === "tooLarge" ? "refused" : "failed");
      // The same cause is logged once, not at each attempt.
      if (attempt.why !== this.#problem)
        logger.warn("Notifications cannot be delivered", { detail: attempt.why, changes });
      this.#problem = attempt.why;
    }
    return attempt;
  }

  async #settle(result: "delivered" | "dropped", { changes, records }: Gathered): Promise<void> {
    const { observer } = this.#options;
    this.#objects = Math.min(this.#mostObjects, this.#objects * 2);
    if (result === "dropped") this.#failures = 0;
    observer?.settled(result, changes.length);
    for (const { ids, lost, announceDrop } of records) {
      if (lost > 0) observer?.settled("dropped", lost);
      const dropped = lost + (result === "dropped" ? ids.length : 0);
      if (dropped > 0) announceDrop(this.#dropped(dropped, result));
    }
    for (const { id } of changes) this.#delivered.add(id);
    this.#unrecorded = [...this.#unrecorded, ...records];
    await this.#recordLeft();
  }

  #dropped(count: number, result: "delivered" | "dropped"): string {
    const changes = count === 1 ? "One change of this object was" : `${count} changes of this object were`;
    const why = result === "dropped" ? this.#problem : "Too many were waiting for a receiver that did not answer";
    this.#options.logger.error("Changes were dropped, and are not reported", { changes: count, detail: why });
    return `${changes} not reported. ${why}`;
  }

  /** Records what was delivered. What cannot be stored now is tried again, and is not sent again meanwhile. */
  async #recordLeft(): Promise<void> {
    const left: DeliveryRecord[] = [];
    for (let at = 0; at < this.#unrecorded.length; at += RECORDS_AT_ONCE) {
      const some = this.#unrecorded.slice(at, at + RECORDS_AT_ONCE);
      await Promise.all(some.map(async (each) => ((await this.#record(each)) ? undefined : left.push(each))));
    }
    this.#unrecorded = left;
  }

  async #record({ ids, store }: DeliveryRecord): Promise<boolean> {
    const { clock, logger } = this.#options;
    // This also runs while the program stops, because what is not recorded is sent again after the next start.
    using deadline = startDeadline(new AbortController().signal, "recording a notification", RECORD_MS, clock);
    try {
      await store(deadline.signal);
    } catch (error) {
      logger.warn("It cannot be recorded that a notification was delivered", { error });
      return false;
    }
    for (const id of ids) this.#delivered.delete(id);
    return true;
  }
}
