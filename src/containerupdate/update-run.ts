import { boundedWarnings } from "../api/bounded-warnings.ts";
import { type ContainerUpdateObject, isBegun, isFinished, parseUpdateSpec } from "../api/container-update.ts";
import type { ContainerUpdateSpec } from "../api/container-update-spec.ts";
import { type ContainerUpdateStatus, MAX_PLAN_WARNINGS } from "../api/container-update-status.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostSpec } from "../api/spec.ts";
import { toTimestamp } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import { NetworkDetails } from "../dockerhost/network-details.ts";
import type { BegunBy, ReplacementPorts } from "../replacement/request.ts";
import type { TiesCache } from "../replacement/ties.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Requeue } from "../runtime/requeue.ts";
import type { Run } from "../runtime/run.ts";
import { announceUpdate, isNews } from "./announce-update.ts";
import { carryOut, REPLACEMENT_ENGINE, type WorkResult } from "./carry-out.ts";
import type { HostDaemon } from "./host-daemon.ts";
import { Journal, storedCause } from "./journal.ts";
import type { ContainerUpdateOptions } from "./options.ts";
import { downtimeText, reportEnd } from "./outcome.ts";
import { endChanges, type PhaseReport, reportOf } from "./phase-report.ts";
import { type StopInTime, stopInTime } from "./stop-in-time.ts";

/** How long an update waits for a daemon that stopped answering before the status says so. */
const PATIENCE_MS = 45_000;
const RETRY: Requeue = { kind: "backoff", minMs: 5_000, maxMs: 300_000 };
/** A container may be down until then. */
const RETRY_SOON: Requeue = { kind: "backoff", minMs: 2_000, maxMs: 30_000 };
const OWNER = "dockerhost-operator for the DockerHost with uid ";
const AGAIN: Requeue = { kind: "after", ms: 15_000 };
const NOW: Requeue = { kind: "after", ms: 0 };

export interface UpdateRunOptions extends ContainerUpdateOptions {
  readonly update: ContainerUpdateObject;
  readonly spec: ContainerUpdateSpec;
  readonly host: DockerHostObject;
  readonly hostSpec: DockerHostSpec;
  readonly ties: TiesCache;
  readonly run: Run;
  readonly logger: Logger;
  /** Fires when the update takes longer than any should. */
  readonly bound: AbortSignal;
}

/** One attempt to carry out an update on its daemon, which no other update changes meanwhile. */
export class UpdateRun {
  readonly #options: UpdateRunOptions;
  readonly #journal: Journal;
  readonly #details: NetworkDetails;
  readonly #cancel = new AbortController();

  constructor(options: UpdateRunOptions) {
    this.#options = options;
    const { updates, update, clock, bound } = options;
    this.#details = new NetworkDetails(options.hidesNetworkDetails ?? false);
    this.#journal = new Journal({
      updates,
      update,
      clock,
      signal: bound,
      announce: (report) => this.#announce(report),
    });
    this.look();
  }

  /** The object may have been cancelled or deleted; for an update that is being carried out, both mean the same. */
  look(): void {
    const { updates, update } = this.#options;
    const current = updates.get(keyOf(update));
    const isGone = current === undefined || current.metadata.uid !== update.metadata.uid;
    if (isGone || current.metadata.deletionTimestamp !== undefined || isCancelled(current)) this.#cancel.abort();
  }

  async carryOut(): Promise<Requeue> {
    const { run, bound, host, checkHost, observer } = this.#options;
    using stop = stopInTime(run.stopping, bound, () => this.#journal.phase);
    const result = await this.#work(stop);
    // The next leader continues from here.
    const isLeft =
      result.kind === "Interrupted" && (run.stopping.aborted || result.failure.reason === "LeadershipLost");
    if (isLeft || !run.leadership.isLeader) return AGAIN;
    const shown = "failure" in result ? { ...result, failure: this.#details.hide(result.failure) } : result;
    const requeue = await this.#conclude(shown);
    if (!isFinished({ status: this.#journal.status })) return requeue;
    const downtimeMs = result.kind === "Succeeded" ? result.downtimeMs : undefined;
    observer?.updateEnded(this.#journal.status.phase ?? "", downtimeMs);
    checkHost(keyOf(host));
    return requeue;
  }

  async #work(stop: StopInTime): Promise<WorkResult> {
    const { spec, host, hostSpec, openDaemon, engine = REPLACEMENT_ENGINE, bound, isOfAnother } = this.#options;
    const opened = await openDaemon(host, hostSpec, bound);
    if (!opened.ok) return { kind: "Interrupted", failure: opened.failure };
    const daemon = opened.value;
    const ports = this.#ports(daemon, stop);
    return await carryOut({ spec, daemon, journal: this.#journal, engine, ports, isOfAnother, signal: bound });
  }

  #ports(daemon: Pick<HostDaemon, "open" | "engine">, stop: StopInTime): Omit<ReplacementPorts, "record"> {
    const { run, host, clock, random, ties } = this.#options;
    const { transitions: term, lease } = run.leadership;
    const isStillLeading = () =>
      run.leadership.isLeader && run.leadership.transitions === term && run.leadership.lease === lease;
    return {
      open: () => daemon.open(stop.signal),
      engine: daemon.engine,
      // It is the same for every controller that processes this host, and differs from that of any other cluster.
      writer: {
        owner: `${OWNER}${host.metadata.uid}`,
        lease,
        term: term ?? 0,
        adopts: (begun) => this.#adopts(begun, lease),
      },
      clock,
      random,
      mayChange: () => isStillLeading() && !stop.isDue(),
      onPull: (event) => this.#journal.onPull(event),
      signal: stop.signal,
      cancel: this.#cancel.signal,
      ties,
      patienceMs: PATIENCE_MS,
    };
  }

  /**
   * Whether this update has to finish what was begun for another DockerHost: it began that itself, before the
   * DockerHost was deleted and created again; or this cluster's own controller did, for a DockerHost that is gone.
   */
  #adopts({ txn, owner, lease }: BegunBy, ownLease: string | undefined): boolean {
    if (txn === this.#journal.status.transaction?.id) return true;
    if (lease === undefined || lease !== ownLease || !owner.startsWith(OWNER)) return false;
    return !this.#options.mayHaveHost(owner.slice(OWNER.length));
  }

  /** Stores how it ended, or why it waits. */
  async #conclude(result: WorkResult): Promise<Requeue> {
    const { spec, clock } = this.#options;
    const { status } = this.#journal;
    const phase = isBegun({ status }) ? (status.phase ?? "Pending") : "Pending";
    if (result.kind === "Busy") {
      await this.#store(reportOf(phase, "waiting", result.failure));
      return AGAIN;
    }
    if (result.kind === "Interrupted") {
      // The cause must stay in the status until the end.
      if (storedCause(status) === undefined) await this.#store(reportOf(phase, "waiting", result.failure));
      return isBegun({ status }) ? RETRY_SOON : RETRY;
    }
    const now = toTimestamp(clock.now());
    await this.#store(reportEnd(spec, result, result.txn ?? status.transaction?.id), {
      startTime: status.startTime ?? now,
      completionTime: now,
      ...endDetails(spec, result, status),
    });
    return NOW;
  }

  async #store(report: PhaseReport, details: Partial<ContainerUpdateStatus> = {}): Promise<void> {
    const { notifies, clock } = this.#options;
    const before = this.#journal.status;
    const changes = endChanges({ status: before }, report, notifies, clock.now());
    const saved = await this.#journal.conclude(report, { ...details, ...changes });
    if (!saved.ok) throw new Error(saved.failure.message);
    if (isNews(before, report)) this.#announce(report);
  }

  #announce(report: PhaseReport): void {
    const { update, host, updates, hosts, logger } = this.#options;
    announceUpdate({ update, host, report, updates, hosts, logger, details: this.#details });
  }
}

function endDetails(
  { digest }: ContainerUpdateSpec,
  result: WorkResult,
  { plan }: ContainerUpdateStatus,
): Partial<ContainerUpdateStatus> {
  if (result.kind === "UpToDate") return { after: { digest } };
  if (result.kind !== "Succeeded") return {};
  const { after: imageID, downtimeMs, warnings } = result;
  const all = boundedWarnings([...(plan?.warnings ?? []), ...warnings], MAX_PLAN_WARNINGS);
  return {
    after: { imageID, digest },
    ...(downtimeMs !== undefined && { downtime: downtimeText(downtimeMs) }),
    ...(plan !== undefined && all.length > 0 && { plan: { ...plan, warnings: all } }),
  };
}

function isCancelled({ spec }: ContainerUpdateObject): boolean {
  const parsed = parseUpdateSpec(spec);
  return parsed.ok && parsed.value.cancel;
}
