import type { Clock } from "../common/clock.ts";
import type { Requeue } from "../runtime/requeue.ts";

/**
 * How long an update waits for updates of other hosts. By then, an honest one has usually created its new container, whose
 * label shows on the daemon that it is in progress.
 */
const PATIENCE_MS = 300_000;

/** Who wants to change a daemon. */
export interface Applicant {
  readonly key: string;
  readonly host: string;
  /** What the host claims: another host may claim the same. */
  readonly daemon: string;
}

export type Place = { readonly kind: "taken"; free(): void } | { readonly kind: "busy"; readonly again: Requeue };

/**
 * Lets one update at a time change a daemon. Those that find it taken are woken when it is free. An update waits for one
 * of another host only for a while: a host can claim to be the daemon of any other host, and would keep its updates
 * waiting for hours. Where both really are the same daemon, the labels there still keep the updates apart.
 */
export class DaemonPlaces {
  readonly #wake: (key: string) => void;
  readonly #clock: Clock;
  /** The hosts whose updates have a daemon. */
  readonly #holders = new Map<string, Set<string>>();
  /** Since when on the monotonic clock, in the order in which they came. */
  readonly #waiting = new Map<string, Map<string, number>>();

  constructor(wake: (key: string) => void, clock: Clock) {
    this.#wake = wake;
    this.#clock = clock;
  }

  /** If another update has the daemon, the key is woken later. */
  take({ key, host, daemon }: Applicant): Place {
    const holders = this.#holders.get(daemon) ?? new Set();
    const waiting = this.#waiting.get(daemon) ?? new Map<string, number>();
    const now = this.#clock.monotonic();
    const leftMs = (waiting.get(key) ?? now) + PATIENCE_MS - now;
    if (holders.has(host) || (holders.size > 0 && leftMs > 0)) {
      if (!waiting.has(key)) this.#waiting.set(daemon, waiting.set(key, now));
      return { kind: "busy", again: holders.has(host) ? { kind: "done" } : { kind: "after", ms: leftMs } };
    }
    this.#forget(key, daemon);
    this.#holders.set(daemon, holders.add(host));
    return { kind: "taken", free: () => this.#free(host, daemon) };
  }

  /** The update no longer wants a place. */
  leave(key: string): void {
    for (const daemon of this.#waiting.keys()) this.#forget(key, daemon);
  }

  #forget(key: string, daemon: string): void {
    const waiting = this.#waiting.get(daemon);
    waiting?.delete(key);
    if (waiting?.size === 0) this.#waiting.delete(daemon);
  }

  /** All are woken, since any of them may have nothing to do by now. Those that come too late wait on. */
  #free(host: string, daemon: string): void {
    const holders = this.#holders.get(daemon);
    holders?.delete(host);
    if (holders?.size === 0) this.#holders.delete(daemon);
    for (const key of [...(this.#waiting.get(daemon)?.keys() ?? [])]) this.#wake(key);
  }
}
