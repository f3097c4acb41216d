import type { Clock } from "../common/clock.ts";
import type { Requeue } from "../runtime/requeue.ts";

/**
 * How long an update waits for updates of other hosts. By then, an honest host's update has usually created its new
 * container, and the label of that container shows that the update is in progress.
 */
const PATIENCE_MS = 300_000;

/** An update that wants to change a daemon. */
export interface Applicant {
  readonly key: string;
  readonly host: string;
  /** The daemon as the host names it: another host may name the same one. */
  readonly daemon: string;
}

export type Place = { readonly kind: "taken"; free(): void } | { readonly kind: "busy"; readonly again: Requeue };

/**
 * Lets one update at a time change a daemon. Updates that find the daemon taken are woken when it is free. An update
 * waits only for a while for an update of another host: a host can claim to be the daemon of any other host, and would
 * keep its updates
 * waiting for hours. If both really are the same daemon, the labels on its containers still keep the updates apart.
 */
export class DaemonPlaces {
  readonly #wake: (key: string) => void;
  readonly #clock: Clock;
  /** The hosts whose updates hold a daemon. */
  readonly #holders = new Map<string, Set<string>>();
  /** The updates in the order in which they came, with the time on the monotonic clock. */
  readonly #waiting = new Map<string, Map<string, number>>();

  constructor(wake: (key: string) => void, clock: Clock) {
    this.#wake = wake;
    this.#clock = clock;
  }

  /** If another update holds the daemon, the key is woken later. */
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

  /** All are woken, since any of them may have nothing to do by now. Those that come too late continue to wait. */
  #free(host: string, daemon: string): void {
    const holders = this.#holders.get(daemon);
    holders?.delete(host);
    if (holders?.size === 0) this.#holders.delete(daemon);
    for (const key of [...(this.#waiting.get(daemon)?.keys() ?? [])]) this.#wake(key);
  }
}
