import { LRUCache } from "lru-cache";
import { type ContainerUpdateObject, isBegun, isFinished, parseUpdateSpec } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { toTimestamp } from "../common/clock.ts";
import { parseDuration } from "../common/duration.ts";
import type { Logger } from "../common/logger.ts";
import { TiesCache } from "../replacement/ties.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Requeue } from "../runtime/requeue.ts";
import type { Run } from "../runtime/run.ts";
import { announceUpdate, isNews } from "./announce-update.ts";
import { DaemonPlaces } from "./daemon-places.ts";
import { type Eligibility, eligibility } from "./eligibility.ts";
import type { ContainerUpdateOptions } from "./options.ts";
import { busyWithAnother, endChanges, type PhaseReport, reportOf, statusWith } from "./phase-report.ts";
import { hostKeyOf, LONGEST_UPDATE_MS } from "./update-queue.ts";
import { UpdateRun } from "./update-run.ts";

export interface ReconcilerOptions extends Omit<ContainerUpdateOptions, "isOfAnother"> {
  /** If it is absent, updates only get a status that says that they are disabled. */
  readonly isEnabled: boolean;
  /** Whether other controllers process hosts that this one does not know. */
  readonly isSharded: boolean;
  /** Runs an update again after it has waited for its daemon. */
  readonly wake: (key: string) => void;
}

const LONGEST_WAIT_MS = 24 * 3_600_000;
/** The number of hosts that are remembered, with at most a megabyte for each. */
const REMEMBERED_HOSTS = 20;
const DONE: Requeue = { kind: "done" };
const NOW: Requeue = { kind: "after", ms: 0 };

type Eligible = Extract<Eligibility, { readonly kind: "eligible" }>;

/** Carries out ContainerUpdates, one at a time for each daemon. */
export class ContainerUpdateReconciler {
  readonly #options: ReconcilerOptions;
  readonly #places: DaemonPlaces;
  readonly #ties = new LRUCache<string, TiesCache>({ max: REMEMBERED_HOSTS });
  readonly #running = new Map<string, UpdateRun>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#places = new DaemonPlaces(options.wake, options.clock);
  }

  /** The object of an update was changed or deleted, so an update that is being carried out may have been cancelled. */
  noticed(key: string): void {
    this.#running.get(key)?.look();
  }

  /** Rejects only if the status cannot be stored, or when the signal fires. */
  async reconcile(key: string, signal: AbortSignal, logger: Logger, run: Run): Promise<Requeue> {
    const { updates, hosts, isEnabled, isSharded } = this.#options;
    const update = updates.get(key);
    const isGone = update === undefined || update.metadata.deletionTimestamp !== undefined;
    if (isGone || isFinished(update)) {
      this.#places.leave(key);
      return isGone ? DONE : await this.#retire(update, signal);
    }
    const host = hosts.getHost(hostKeyOf(update));
    if (host === undefined && isSharded) return DONE;
    const found = eligibility(update, host, isEnabled);
    if (found.kind === "not") {
      this.#places.leave(key);
      await this.#store(update, host, found.report, logger, signal);
      return isFinished({ status: found.report }) ? NOW : DONE;
    }
    const { metadata } = found.host;
    const isOwned = update.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
    if (!isOwned) await updates.own(update, found.host, signal);
    const place = this.#places.take({ key, host: hostKeyOf(update), daemon: found.daemon });
    if (place.kind === "busy") {
      const waits = reportOf("Pending", "waiting", busyWithAnother("Another update is in progress on this daemon"));
      if (!isBegun(update)) await this.#store(update, host, waits, logger, signal);
      return place.again;
    }
    try {
      if (run.stopping.aborted) return DONE;
      run.yieldWorker();
      return await run.finishFirst(`the update ${key}`, LONGEST_UPDATE_MS, (bound) =>
        this.#carryOut(updates.get(key) ?? update, found, logger, run, bound),
      );
    } finally {
      place.free();
    }
  }

  async #carryOut(
    update: ContainerUpdateObject,
    { spec, host, hostSpec }: Eligible,
    logger: Logger,
    run: Run,
    bound: AbortSignal,
  ): Promise<Requeue> {
    const key = keyOf(update);
    const isOfAnother = (txn: string) => this.#isOfAnother(txn, update);
    // The memory is kept by host, because a host can claim to be any daemon.
    const id = host.metadata.uid ?? "";
    const ties = this.#ties.get(id) ?? new TiesCache();
    this.#ties.set(id, ties);
    const own = { update, spec, host, hostSpec, ties, run, logger, bound, isOfAnother };
    const work = new UpdateRun({ ...this.#options, ...own });
    this.#running.set(key, work);
    try {
      return await work.carryOut();
    } finally {
      this.#running.delete(key);
    }
  }

  /** Only updates of the same host count, because any other host can show the transactions of this one. */
  #isOfAnother(txn: string, update: ContainerUpdateObject): boolean {
    const { updates, wake } = this.#options;
    const isIt = (each: ContainerUpdateObject) =>
      each.status?.transaction?.id === txn &&
      isBegun(each) &&
      keyOf(each) !== keyOf(update) &&
      hostKeyOf(each) === hostKeyOf(update);
    const other = updates.list().find(isIt);
    if (other !== undefined) wake(keyOf(other));
    return other !== undefined;
  }

  /** Reports an update that is not carried out now. */
  async #store(
    update: ContainerUpdateObject,
    host: DockerHostObject | undefined,
    report: PhaseReport,
    logger: Logger,
    signal: AbortSignal,
  ): Promise<void> {
    const { updates, hosts, clock, observer, notifies } = this.#options;
    const hasEnded = isFinished({ status: report });
    const { phase = "Pending" } = update.status ?? {};
    // An update that has begun keeps its phase.
    const placed = isBegun(update) && !hasEnded ? { ...report, phase } : report;
    const now = clock.now();
    const details = hasEnded ? { completionTime: toTimestamp(now), ...endChanges(update, placed, notifies, now) } : {};
    const status = statusWith(update, placed, now, details);
    if ((await updates.saveStatus(update, "replacement", status, signal)) !== "stored") return;
    if (isNews(update.status, placed)) announceUpdate({ update, host, report: placed, updates, hosts, logger });
    if (hasEnded) observer?.updateEnded(placed.phase, undefined);
  }

  /** Deletes updates that ended long enough ago. A change of their spec only raises the observed generation. */
  async #retire(update: ContainerUpdateObject, signal: AbortSignal): Promise<Requeue> {
    const { updates, clock, isEnabled } = this.#options;
    const { metadata } = update;
    const { notified: _, ...status } = update.status ?? {};
    if (status.observedGeneration !== metadata.generation) {
      const observedGeneration = metadata.generation;
      const conditions = (status.conditions ?? []).map((each) => ({ ...each, observedGeneration }));
      await updates.saveStatus(update, "replacement", { ...status, conditions, observedGeneration }, signal);
    }
    const spec = parseUpdateSpec(update.spec);
    const ttlMs = spec.ok ? parseDuration(spec.value.ttlAfterFinished) : undefined;
    const leftMs = Date.parse(status.completionTime ?? "") + (ttlMs ?? Number.NaN) - clock.now();
    // A controller without updates has no permission to delete either.
    if (!isEnabled || Number.isNaN(leftMs)) return DONE;
    if (leftMs > 0) return { kind: "after", ms: Math.min(leftMs, LONGEST_WAIT_MS) };
    await updates.remove(update, signal);
    return DONE;
  }
}
