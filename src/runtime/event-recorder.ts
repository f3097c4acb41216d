import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { FairPlaces } from "../common/fair-places.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import { truncateUtf8 } from "../common/truncate.ts";
import { Turns } from "../common/turns.ts";
import type { ApiClient } from "./api-client.ts";
import { type ApiResult, isTransient } from "./api-error.ts";
import { type CorrelatedEvent, EventCorrelator } from "./event-correlator.ts";
import type { EventInput } from "./event-input.ts";
import type { KubeObject } from "./kube-object.ts";
import { toMicroTime } from "./micro-time.ts";
import { collectionPath, objectPath } from "./resource.ts";
import { withRetries } from "./retry.ts";

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A qualified name, for example `example.com/name-controller`. */
  readonly reportingController: string;
  /** Identifies the process, with at most 128 characters. */
  readonly reportingInstance: string;
}

/** An event object, which represents the first occurrence and the same events that followed. */
interface Series {
  readonly event: EventInput;
  readonly name: string;
  readonly firstAt: number;
  count: number;
  lastAt: number;
  lastSeen: number;
  /** The count that the API server has; 0 until the event is created. */
  written: number;
}

const EVENTS = { group: "events.k8s.io", version: "v1", plural: "events" };
const SAME_SERIES_MS = 10 * 60_000;
const SERIES_KEPT = 4_096;
/** The limit per namespace. All namespaces together may queue twice as many, and each at least its equal share. */
const LONGEST_QUEUE = 1_000;
const WRITE_DEADLINE_MS = 10_000;

/**
 * Writes events.k8s.io/v1 events in the background. Recording never waits and never fails: events that cannot be
 * written are dropped with a log line. If an event occurs again on the same object within 10 minutes, the count of the
 * existing one is increased. EventCorrelator limits the number of events.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  /** Series by identity, the least recently seen first. */
  readonly #series = new Map<string, Series>();
  /** Series that are not written yet. One that occurs again before its turn is written once, with its count. */
  readonly #queue = new Set<Series>();
  /** The same series by namespace. The namespaces take turns, and each has its share of the queue. */
  readonly #turns = new Turns<Series>();
  readonly #places = new FairPlaces({ each: LONGEST_QUEUE, reserve: LONGEST_QUEUE });
  readonly #correlator: EventCorrelator;
  readonly #stop = new AbortController();
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
  }

  record(event: EventInput): void {
    if (this.#closed) return;
    const correlated = this.#correlator.correlate(event);
    if (correlated === undefined) {
      this.#drop(event, "the object has too many events");
      return;
    }
    const series = this.#seriesOf(correlated);
    if (!this.#queue.has(series) && !this.#enqueue(series)) {
      this.#drop(event, "too many events are queued");
      return;
    }
    this.#draining ??= this.#drain();
  }

  /** Writes the queued events and accepts no more. When the signal fires, the rest is dropped. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    const stop = () => this.#stop.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await this.#draining;
    signal.removeEventListener("abort", stop);
  }

  #seriesOf({ event, identity }: CorrelatedEvent): Series {
    const { clock } = this.#options;
    const before = this.#series.get(identity);
    const goesOn = before !== undefined && clock.monotonic() - before.lastSeen < SAME_SERIES_MS;
    const series = goesOn ? before : this.#newSeries(event);
    series.count++;
    series.lastAt = clock.now();
    series.lastSeen = clock.monotonic();
    this.#series.delete(identity);
    this.#series.set(identity, series);
    const [oldest] = this.#series.keys();
    if (this.#series.size > SERIES_KEPT && oldest !== undefined) this.#series.delete(oldest);
    return series;
  }

  #newSeries(event: EventInput): Series {
    const { clock, random } = this.#options;
    const now = clock.now();
    const suffix = `${Math.floor(now).toString(16)}${Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0")}`;
    // Names have at most 253 characters, and no part of one may end with a dot or a dash.
    const prefix = event.regarding.name.slice(0, 253 - suffix.length - 1).replace(/[.-]+$/, "");
    return { event, name: `${prefix}.${suffix}`, firstAt: now, count: 0, lastAt: now, lastSeen: 0, written: 0 };
  }

  #enqueue(series: Series): boolean {
    const { namespace } = series.event.regarding;
    if (!this.#places.hasRoomFor(namespace)) return false;
    this.#places.take(namespace);
    // It may be long until its turn: the events of many namespaces leave room for those of one more.
    this.#places.overdue(namespace);
    this.#queue.add(series);
    this.#turns.add(namespace, series);
    return true;
  }

  /**
   * Never rejects. Ends in the same turn of the event loop in which it finds the queue empty, so that no event is left
   * behind.
   */
  async #drain(): Promise<void> {
    const next = () => this.#turns.shift(() => true);
    for (let turn = next(); turn !== undefined; turn = next()) {
      this.#places.leave(turn.owner, true);
      this.#queue.delete(turn.item);
      await this.#write(turn.item);
    }
    this.#draining = undefined;
  }

  async #write(series: Series): Promise<void> {
    const { clock, random } = this.#options;
    const { count } = series;
    using deadline = startDeadline(this.#stop.signal, "writing an event", WRITE_DEADLINE_MS, clock);
    const { signal } = deadline;
    const options = { what: "writing an event", clock, random, signal, retryable: isTransient };
    let result = await withRetries(() => this.#send(series, signal), options);
    if (!result.ok && result.failure.kind === "NotFound" && series.written > 0) {
      // The event was deleted, or has expired in the API server.
      series.written = 0;
      result = await withRetries(() => this.#send(series, signal), options);
    }
    // The event already exists if the answer to an earlier attempt was lost.
    if (result.ok || result.failure.kind === "AlreadyExists") series.written = count;
    else this.#drop(series.event, result.failure.message);
  }

  #send(series: Series, signal: AbortSignal): Promise<ApiResult<KubeObject>> {
    const { client } = this.#options;
    const { namespace } = series.event.regarding;
    if (series.written === 0)
      return client.create(collectionPath(EVENTS, namespace), this.#toObject(series), { signal });
    const patch = { series: toSeriesField(series) };
    return client.mergePatch(objectPath(EVENTS, { namespace, name: series.name }), patch, { signal });
  }

  #toObject(series: Series): KubeObject {
    const { reportingController, reportingInstance } = this.#options;
    const { regarding, type, reason, action, note } = series.event;
    const object = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: series.name, namespace: regarding.namespace },
      eventTime: toMicroTime(series.firstAt),
      reportingController,
      reportingInstance: truncateUtf8(reportingInstance, 128),
      regarding,
      type,
      reason,
      action,
      note: truncateUtf8(note, 1_024),
    };
    return series.count > 1 ? { ...object, ...{ series: toSeriesField(series) } } : object;
  }

  #drop(event: EventInput, why: string): void {
    const { namespace, name } = event.regarding;
    this.#options.logger.warn("An event was dropped", { namespace, name, reason: event.reason, why });
  }
}

function toSeriesField(series: Series): { count: number; lastObservedTime: string } {
  return { count: series.count, lastObservedTime: toMicroTime(series.lastAt) };
}
