import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../common/clock.ts";
import type { EventInput } from "./event-input.ts";

/** An event to write. Events with the same identity form a series. */
export interface CorrelatedEvent {
  readonly event: EventInput;
  readonly identity: string;
}

interface Similar {
  /** Hashes: the notes themselves may be a kilobyte each. */
  readonly notes: Set<string>;
  lastAt: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

// The limits are those of client-go's correlator.
const BURST = 25;
const REFILL_MS = 5 * 60_000;
const NOTES = 10;
const SIMILAR_MS = 10 * 60_000;
const KEPT = 4_096;

/**
 * Keeps frequent events from flooding the API server. It lets 25 events of an object through, and then one every 5
 * minutes. Of events that differ only in their notes, it lets ten through within 10 minutes, and combines further ones.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new LRUCache<string, Similar>({ max: KEPT });
  readonly #buckets = new LRUCache<string, Bucket>({ max: KEPT });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns undefined if the event exceeds the limits. */
  correlate(event: EventInput): CorrelatedEvent | undefined {
    const { namespace, name, uid } = event.regarding;
    const object = JSON.stringify([namespace, name, uid]);
    if (!this.#takeToken(object)) return undefined;
    const kind = JSON.stringify([object, event.type, event.reason, event.action]);
    const similar = this.#similarTo(kind);
    const note = createHash("sha256").update(event.note).digest("base64");
    if (similar.notes.has(note) || similar.notes.size < NOTES) {
      similar.notes.add(note);
      return { event, identity: JSON.stringify([kind, event.note]) };
    }
    return { event: { ...event, note: `(combined from similar events): ${event.note}` }, identity: kind };
  }

  #similarTo(kind: string): Similar {
    const now = this.#clock.monotonic();
    const before = this.#similar.get(kind);
    const similar =
      before !== undefined && now - before.lastAt < SIMILAR_MS ? before : { notes: new Set<string>(), lastAt: now };
    similar.lastAt = now;
    this.#similar.set(kind, similar);
    return similar;
  }

  #takeToken(object: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(object) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    const isEnough = tokens >= 1;
    this.#buckets.set(object, { tokens: isEnough ? tokens - 1 : tokens, at: now });
    return isEnough;
  }
}
