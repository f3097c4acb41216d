import { Announcement } from "../../common/announcement.ts";
import { type Clock, sleep } from "../../common/clock.ts";
import type { Logger } from "../../common/logger.ts";
import type { Random } from "../../common/random.ts";
import { success } from "../../common/result.ts";
import type { ApiResult } from "../api-error.ts";
import type { Leadership } from "../leadership.ts";
import { heldSpec, type Lease, type LeaseLock, releasedSpec } from "./lease.ts";
import { type ElectionTimings, STANDBY_JITTER } from "./timings.ts";

export interface LeaderElectorOptions {
  readonly lock: Pick<LeaseLock, "read" | "write">;
  /** Must be unique among all processes that ever run, such as a host name with a UUID. */
  readonly identity: string;
  readonly timings: ElectionTimings;
  /** Whether to release the lease at the end, so that another process need not wait for it to expire. */
  readonly releaseOnCancel: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * Is called in the same turn of the event loop in which leadership is lost. The process must exit immediately, since
   * another one may already lead.
   */
  readonly onLost: () => void;
  /** Is called for each change of isLeader, except those that only the passing of time causes. */
  readonly onChange?: (isLeader: boolean) => void;
}

/**
 * Takes part in the election of one leader among processes that share a Lease.
 *
 *     standby --a free, expired or own lease is written--------------------> leading
 *     leading --the lease is renewed---------------------------------------> leading
 *     leading --not renewed in time, or another process holds it-----------> lost
 *     standby --stop-------------------------------------------------------> stopped
 *     leading --stop, the lease is released--------------------------------> stopped
 *
 * - Only our own monotonic clock counts. A lease has expired for us when we have seen no change of it for its whole
 *   duration. Its dates do not count, so the clocks of processes may differ.
 * - A leader measures the lease from before it sent the write that succeeded, others from after they saw it. So if the
 *   renew deadline is shorter than the lease, the leader has given up before another begins. isLeader() compares times
 *   and does not depend on a timer.
 * - Every write is bound to the version that was read. A write whose answer was lost counts as failed for the leader; if
 *   it succeeded, the next read shows us as the holder.
 * - stop() never cuts off a call: its outcome must be known, because we could hold the lease without knowing it.
 */
export class LeaderElector implements Leadership {
  readonly #options: LeaderElectorOptions;
  readonly #changed = new Announcement();
  readonly #never = new AbortController().signal;
  #state: "standby" | "leading" | "lost" | "stopped" = "standby";
  /** The lease that was last read or written. */
  #lease: Lease | undefined;
  /** The content of the lease when it last changed, and when the change was seen. */
  #observed: { readonly spec: string; readonly at: number } | undefined;
  /** When the last successful renewal was sent. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** When the lease of another process expires for us; infinite if none holds it. */
  #freeAt = Number.POSITIVE_INFINITY;
  #cancelDeadline: () => void = () => {};
  #trouble: string | undefined;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
  }

  /** Whether this process leads now. */
  get isLeader(): boolean {
    return this.#state === "leading" && (this.renewalAgeMs ?? 0) < this.#options.timings.renewDeadlineMs;
  }

  /** The number of transitions of the lease that this process holds; undefined while it does not lead. */
  get transitions(): number | undefined {
    return this.isLeader ? (this.#lease?.spec?.leaseTransitions ?? 0) : undefined;
  }

  /** The uid of the lease that this process holds; undefined while it does not lead. */
  get lease(): string | undefined {
    return this.isLeader ? this.#lease?.metadata.uid : undefined;
  }

  /** Milliseconds since the last renewal; undefined if this process is not the leader. */
  get renewalAgeMs(): number | undefined {
    return this.#state === "leading" ? this.#options.clock.monotonic() - this.#renewedAt : undefined;
  }

  /** Resolves to true once this process leads, and to false if the signal fires first or it can no longer lead. */
  async elected(signal: AbortSignal): Promise<boolean> {
    if (this.#state === "standby") await this.#changed.next(signal);
    return this.isLeader && !signal.aborted;
  }

  /** Never rejects. Fire the signal after the work that only a leader may do has ended. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, timings, releaseOnCancel } = this.#options;
    while (!signal.aborted && this.#state !== "lost") {
      await this.#attempt();
      const wait = this.#state === "leading" ? 1 : 1 + STANDBY_JITTER * random();
      // A standby wakes up when the lease expires, and not up to a retry period later.
      const untilFree = Math.max(0, this.#freeAt - clock.monotonic());
      await sleep(clock, Math.min(timings.retryPeriodMs * wait, untilFree), signal);
    }
    const wasLeading = this.#state === "leading";
    if (this.#state !== "lost") this.#enter("stopped");
    if (wasLeading && releaseOnCancel) await this.#release();
  }

  async #attempt(): Promise<void> {
    const { lock, identity, timings, clock } = this.#options;
    this.#freeAt = Number.POSITIVE_INFINITY;
    // A leader knows the version that it last wrote, and usually needs no read.
    if (this.#state === "leading" && this.#lease !== undefined) {
      const renewed = await this.#take(this.#lease);
      if (renewed) return;
    }
    const read = await lock.read(this.#never);
    if (!read.ok && read.failure.kind !== "NotFound") return this.#note(read.failure.message);
    const lease = read.ok ? read.value : undefined;
    this.#observe(lease);
    const holder = lease?.spec?.holderIdentity ?? "";
    if (holder !== "" && holder !== identity) {
      if (this.#state === "leading") return this.#lose(`${holder} holds the lease`);
      const lastsMs = (lease?.spec?.leaseDurationSeconds ?? timings.leaseDurationMs / 1_000) * 1_000;
      const freeAt = (this.#observed?.at ?? 0) + lastsMs;
      if (clock.monotonic() < freeAt) {
        this.#freeAt = freeAt;
        return this.#note(`${holder} holds the lease`);
      }
    }
    await this.#take(lease);
  }

  /** Writes the lease with this process as the holder. */
  async #take(lease: Lease | undefined): Promise<boolean> {
    const { lock, identity, timings, clock } = this.#options;
    const sentAt = clock.monotonic();
    const spec = heldSpec(lease, identity, timings.leaseDurationMs, clock.now());
    const written = await lock.write(lease, spec, this.#never);
    if (!written.ok) {
      this.#note(written.failure.message);
      return false;
    }
    // The renew deadline may have passed during the write.
    if (this.#state === "lost") return true;
    this.#lease = written.value;
    this.#renewedAt = sentAt;
    this.#trouble = undefined;
    this.#watchDeadline();
    if (this.#state === "standby") this.#enter("leading");
    return true;
  }

  #observe(lease: Lease | undefined): void {
    this.#lease = lease;
    const spec = JSON.stringify(lease?.spec ?? null);
    if (this.#observed?.spec !== spec) this.#observed = { spec, at: this.#options.clock.monotonic() };
  }

  #watchDeadline(): void {
    const { clock, timings } = this.#options;
    this.#cancelDeadline();
    const leftMs = this.#renewedAt + timings.renewDeadlineMs - clock.monotonic();
    this.#cancelDeadline = clock.after(leftMs, () => this.#lose("it could not be renewed in time"));
  }

  #lose(why: string): void {
    if (this.#state !== "leading") return;
    this.#enter("lost");
    this.#options.logger.error("The lease was lost", {
      why,
      ...(this.#trouble === undefined ? {} : { detail: this.#trouble }),
    });
    this.#options.onLost();
  }

  #enter(state: "leading" | "lost" | "stopped"): void {
    const { logger, identity, onChange } = this.#options;
    const wasLeading = this.#state === "leading";
    this.#state = state;
    if (state !== "leading") this.#cancelDeadline();
    if (state === "leading") logger.info("This process leads", { identity });
    this.#changed.notify();
    if (wasLeading !== (state === "leading")) onChange?.(state === "leading");
  }

  /** Logs each problem once, because a standby meets the same one every few seconds. */
  #note(why: string): void {
    const { logger } = this.#options;
    if (why === this.#trouble) return;
    this.#trouble = why;
    if (this.#state === "leading") logger.warn("Cannot renew the lease; trying again", { detail: why });
    else logger.info("Waiting to lead", { detail: why });
  }

  async #release(): Promise<void> {
    const { logger } = this.#options;
    let released = await this.#giveBack(this.#lease);
    // The answer to the last renewal, which contains the current version, may have been lost.
    if (!released.ok && released.failure.kind === "Conflict") {
      const read = await this.#options.lock.read(this.#never);
      released = read.ok ? await this.#giveBack(read.value) : read;
    }
    if (released.ok) logger.info("Released the lease");
    else logger.warn("Cannot release the lease; it will expire", { detail: released.failure.message });
  }

  async #giveBack(lease: Lease | undefined): Promise<ApiResult<Lease | undefined>> {
    const { lock, identity, clock } = this.#options;
    if (lease?.spec?.holderIdentity !== identity) return success(lease);
    return await lock.write(lease, releasedSpec(lease, clock.now()), this.#never);
  }
}
