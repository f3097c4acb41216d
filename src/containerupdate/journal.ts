import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { ContainerUpdateStatus, UpdatePhase } from "../api/container-update-status.ts";
import { advised, type Failure, type Outcome } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { canonicalJson } from "../common/canonical-json.ts";
import { type Clock, sleep, toTimestamp } from "../common/clock.ts";
import { failure, success } from "../common/result.ts";
import type { PullEvent } from "../docker/pull-event.ts";
import { PullSummary } from "../replacement/pull-summary.ts";
import type { Progress, ReplacementPhase } from "../replacement/request.ts";
import { keyOf } from "../runtime/kube-object.ts";
import { type PhaseReport, statusWith } from "./phase-report.ts";
import { toTransaction } from "./transaction-status.ts";
import type { ContainerUpdates } from "./update-ports.ts";

/** Writes of the status that only show progress. */
const PROGRESS_MS = 15_000;
/** How long a change of the object by somebody else may take to arrive. */
const ARRIVAL_MS = 10_000;
const POLL_MS = 50;
const MAX_TRIES = 10;

const REASONS: Readonly<Record<Exclude<ReplacementPhase, "RollingBack">, readonly [Reason, string]>> = {
  Pulling: ["PullingImage", "The image is pulled, and the old container runs as before"],
  Replacing: ["ReplacingContainer", "The old container is replaced by the new one"],
  Verifying: ["VerifyingContainer", "The new container has to prove itself, and the old one is kept"],
};

/** A hook may take an hour. */
const HOOKS: Partial<Record<ReplacementPhase, string>> = {
  Replacing: "The pre-update hook runs in the old container, which runs as before",
  Verifying: "The post-update hook runs in the new container, which has proved itself",
};

export interface JournalOptions {
  readonly updates: ContainerUpdates;
  readonly update: ContainerUpdateObject;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called after a new phase was stored. */
  readonly announce: (report: PhaseReport) => void;
}

/**
 * Stores in the object's status what is about to be done, before it is done. A write fails if anybody else has changed the
 * status, because then another controller carries out this update.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #pull = new PullSummary();
  #details: Partial<ContainerUpdateStatus> = {};
  /** The object as this process last saw or stored it. */
  #status: ContainerUpdateStatus;
  #phase: UpdatePhase | undefined;
  #members = "";
  #because: string | undefined;
  #isHook = false;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #progress: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#status = options.update.status ?? {};
  }

  /** The phase that was last stored by this run. */
  get phase(): UpdatePhase | undefined {
    return this.#phase;
  }

  get status(): ContainerUpdateStatus {
    return this.#status;
  }

  /** This is stored with the next record, and with those after it. */
  add(details: Partial<ContainerUpdateStatus>): void {
    this.#details = { ...this.#details, ...details };
  }

  async record(progress: Progress): Promise<Outcome<void>> {
    await this.#progress;
    const { clock } = this.#options;
    const members = canonicalJson([progress.txn, progress.members, progress.restarting ?? []]);
    const isNewPhase = progress.phase !== this.#phase;
    const isHook = progress.step === "Hook";
    const isNews =
      isNewPhase || isHook !== this.#isHook || members !== this.#members || progress.because?.message !== this.#because;
    const isDue = clock.monotonic() - this.#writtenAt >= PROGRESS_MS;
    if (!isNews && !isDue) return success(undefined);
    // The recovery itself does not know why the old container has to be put back.
    const because = progress.because?.reason === "UpdateUndone" ? storedCause(this.#status)?.failure : undefined;
    const report = reportProgress(because === undefined ? progress : { ...progress, because });
    const transaction = toTransaction(progress, (this.#details.transaction ?? this.#status.transaction)?.undone);
    const startTime = this.#status.startTime ?? toTimestamp(clock.now());
    if (transaction !== undefined) this.add({ transaction });
    const saved = await this.#save(report, { ...this.#details, startTime });
    // The new container has failed, and the old one is stopped. It must be started again even if the API server does
    // not answer.
    if (!saved.ok && !(progress.phase === "RollingBack" && saved.failure.reason === "UpdateInterrupted")) return saved;
    this.#phase = progress.phase;
    this.#members = members;
    this.#because = progress.because?.message;
    this.#isHook = isHook;
    if (isNewPhase && saved.ok) this.#options.announce(report);
    return success(undefined);
  }

  onPull(event: PullEvent): void {
    this.#pull.add(event);
    const { clock } = this.#options;
    if (this.#progress !== undefined || this.#phase !== "Pulling") return;
    if (clock.monotonic() - this.#writtenAt < PROGRESS_MS) return;
    const [reason, words] = REASONS.Pulling;
    const report = { phase: "Pulling", state: "working", reason, message: `${words}: ${this.#pull.text}` } as const;
    // If this write fails, the next one stores it.
    this.#progress = this.#save(report, {}).then(() => {
      this.#progress = undefined;
    });
  }

  /** Stores how the update ended, or why it waits. */
  async conclude(report: PhaseReport, details: Partial<ContainerUpdateStatus>): Promise<Outcome<void>> {
    await this.#progress;
    return await this.#save(report, { ...this.#details, ...details });
  }

  async #save(report: PhaseReport, details: Partial<ContainerUpdateStatus>): Promise<Outcome<void>> {
    const { updates, update, clock, signal } = this.#options;
    this.#writtenAt = clock.monotonic();
    let wanted: ContainerUpdateStatus | undefined;
    try {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const current = updates.get(keyOf(update));
        // The object was deleted, so the update is cancelled, and nobody reads its status any more.
        if (current === undefined || current.metadata.uid !== update.metadata.uid) return success(undefined);
        const isOurs = [this.#status, wanted].some((ours) => ours !== undefined && isSame(ours, current.status));
        if (!isOurs) return failure(taken());
        wanted = statusWith({ ...current, status: this.#status }, report, clock.now(), details);
        const saved = await updates.saveStatus(current, "replacement", wanted, signal, { onlyIfUnchanged: true });
        if (saved === "stored") {
          this.#status = updates.get(keyOf(update))?.status ?? wanted;
          return success(undefined);
        }
        if (saved === "changed") await this.#arrival(current);
      }
      return failure(notStored("it was changed again and again"));
    } catch (error) {
      return failure(notStored(error instanceof Error ? error.message : String(error)));
    }
  }

  /** Waits until the store has another version of the object. */
  async #arrival({ metadata: { resourceVersion } }: ContainerUpdateObject): Promise<void> {
    const { updates, update, clock, signal } = this.#options;
    const until = clock.monotonic() + ARRIVAL_MS;
    while (clock.monotonic() < until && !signal.aborted) {
      if (updates.get(keyOf(update))?.metadata.resourceVersion !== resourceVersion) return;
      await sleep(clock, POLL_MS, signal);
    }
  }
}

function reportProgress({ phase, step, because }: Progress): PhaseReport {
  if (because !== undefined) {
    const message = `${phase === "RollingBack" ? PUT_BACK : KEPT}. ${because.message}`;
    return { phase, state: "working", reason: because.reason, message };
  }
  if (phase === "RollingBack") return { phase, state: "working", reason: "UpdateUndone", message: PUT_BACK };
  const [reason, words] = REASONS[phase];
  const message = (step === "Hook" ? HOOKS[phase] : undefined) ?? words;
  return { phase, state: "working", reason, message };
}

const PUT_BACK = "The old container is put back";
const KEPT = "The new container has failed and is kept";

interface StoredCause {
  readonly kind: "RolledBack" | "Superseded" | "Cancelled" | "Kept";
  readonly failure: Failure;
}

/** Why an update that was interrupted was being rolled back, or kept its failed container, as its status says. */
export function storedCause({ phase, conditions = [] }: ContainerUpdateStatus): StoredCause | undefined {
  const ready = conditions.find(({ type }) => type === "Ready");
  const words = phase === "RollingBack" ? PUT_BACK : KEPT;
  if (ready === undefined || ready.reason === "UpdateUndone" || !ready.message.startsWith(words)) return undefined;
  // The message was written by this program, from the table of reasons.
  const reason = ready.reason as Reason;
  const message = ready.message.slice(words.length).replace(/^\. /, "");
  return { kind: phase === "RollingBack" ? kindOf(reason) : "Kept", failure: { reason, message } };
}

function kindOf(reason: Reason): StoredCause["kind"] {
  if (reason === "UpdateSuperseded") return "Superseded";
  return reason === "UpdateCancelled" ? "Cancelled" : "RolledBack";
}

/** Compares only the fields that another controller would have changed. */
function isSame(ours: ContainerUpdateStatus, stored: ContainerUpdateStatus | undefined): boolean {
  const parts = ({ phase, transaction }: ContainerUpdateStatus) => canonicalJson([phase ?? null, transaction ?? null]);
  return parts(ours) === parts(stored ?? {});
}

function taken(): Failure {
  return advised("LeadershipLost", "Another controller has changed the status of this update");
}

function notStored(why: string): Failure {
  return advised("UpdateInterrupted", `The update stopped, because its status could not be stored: ${why}`);
}
