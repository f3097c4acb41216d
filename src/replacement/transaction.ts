import type { Failure, Outcome } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import { success } from "../common/result.ts";
import type { Arrival, Change } from "./arrival.ts";
import { awaitProof, findFailed } from "./await-proof.ts";
import { findBusy } from "./busy.ts";
import { Creation } from "./creation.ts";
import { cancelled, newRemoved, superseded } from "./failures.ts";
import { changedMeanwhile } from "./last-look.ts";
import { lookAgain } from "./look-again.ts";
import { toRecord } from "./member-record.ts";
import { after, type Direction, isLost, type Member, nextStep, type Step } from "./next-step.ts";
import { stopMsOf } from "./plan.ts";
import { type Reported, recordedChange, report } from "./recorded-change.ts";
import type { Recreation } from "./recreate.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { EngineAccess, Progress, ReplacementPhase, ReplacementPorts } from "./request.ts";
import { sendStep } from "./send-step.ts";
import type { Proof } from "./verify.ts";

/** How often a step is tried if its answer is lost, or if it is refused on the way back. */
const MAX_TRIES = 5;
const RETRY_MS = 1_000;

const END: Arrival = { kind: "end" };

export interface TransactionOptions {
  readonly ports: ReplacementPorts;
  readonly connection: ReplacementConnection;
  readonly txn: string;
  readonly members: readonly Member[];
  readonly proof: (member: Member) => Proof;
  /** How a new container is created. A transaction that was found on the daemon never creates one. */
  readonly recreate?: (member: Member, newIds: ReadonlyMap<string, string>) => Outcome<Recreation>;
  /** What has to be true only while a new container is created. */
  readonly aroundCreate?: <T>(
    transaction: Transaction,
    member: Member,
    create: () => Promise<Change<T>>,
  ) => Promise<Change<T>>;
  /** Containers whose restart was begun by an earlier process. */
  readonly restarting?: readonly string[];
  /** How long its old and its new container may take to stop. What is not known is read from the daemon. */
  readonly stopMs?: (member: Member) => number | undefined;
}

/** Executes the steps of next-step.ts. This is the only place from which they are sent to a daemon. */
export class Transaction {
  readonly txn: string;
  readonly connection: ReplacementConnection;
  readonly #ports: ReplacementPorts;
  readonly #proof: (member: Member) => Proof;
  readonly #creation: Creation;
  readonly #plannedStopMs: TransactionOptions["stopMs"];
  #members: readonly Member[];
  /** Why the old container is put back, for the records of that. */
  because: Failure | undefined;
  #isTouched = false;
  #isCreatedAgain = false;
  #isRemovedAside: boolean;
  /** Old dependants that could not be started again, and why. */
  readonly unstartable = new Map<string, Failure>();
  /** The ids of the other containers whose restart was begun, so that this transaction may have stopped them. */
  readonly restarting: Set<string>;
  #stoppedAt: number | undefined;
  #startedAt: number | undefined;

  constructor({
    ports,
    connection,
    txn,
    members,
    proof,
    recreate,
    aroundCreate,
    restarting,
    stopMs,
  }: TransactionOptions) {
    this.txn = txn;
    this.connection = connection;
    this.#ports = ports;
    this.#members = members;
    // If it was found, nobody has seen which name the old container had when it was removed.
    this.#isRemovedAside = members.some(({ old }) => old.place === "gone");
    this.#proof = proof;
    this.#creation = new Creation(recreate, (member, create) => aroundCreate?.(this, member, create) ?? create());
    this.#plannedStopMs = stopMs;
    this.restarting = new Set(restarting);
  }

  get ties() {
    return this.#ports.ties;
  }

  /** A new container exists, but is not connected to all of its networks yet. */
  created(member: Member, id: string): void {
    this.#members = after(this.#members, { step: "Create", member }, id);
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Whether a container that was there before was stopped, renamed or otherwise changed. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** From the stop of the first old container to the start of the last new one, if this process saw both. */
  get downtimeMs(): number | undefined {
    if (this.#stoppedAt === undefined || this.#startedAt === undefined) return undefined;
    return this.#startedAt - this.#stoppedAt;
  }

  /** Creates the new containers, and looks once more whether all is as the plan found it. Nothing is touched so far. */
  async create(): Promise<Arrival> {
    const created = await this.run("create");
    if (created.kind !== "end") return created;
    const looked = await this.connection.read(async (access) => {
      const listed = await access.details.listContainers();
      if (!listed.ok) return listed;
      // Only now that others can see this transaction, it is certain to see any that began before it.
      const busy = await findBusy(access, listed.value, this.txn);
      if (!busy.ok) return busy;
      return success(changedMeanwhile(listed.value, this.#members, (member) => this.#proof(member).imageId));
    });
    if (!looked.ok)
      return { kind: looked.failure.reason === "DaemonBusy" ? "refused" : "stop", failure: looked.failure };
    return looked.value === undefined ? END : { kind: "refused", failure: looked.value };
  }

  /** Takes steps until the direction is complete. */
  async run(direction: Direction): Promise<Arrival> {
    const isAhead = direction === "create" || direction === "forward";
    const tries = new Map<string, number>();
    for (;;) {
      const next = (isAhead ? this.#creation.discard(this.#members) : undefined) ?? nextStep(direction, this.#members);
      if (next === undefined) return END;
      if (isAhead && this.#ports.cancel?.aborted === true) return { kind: "refused", failure: cancelled() };
      const change = await this.#take(direction, next);
      if (change.kind === "done") continue;
      if (change.kind === "stop") return { kind: "stop", failure: change.failure };
      const before = this.#members;
      const looked = await this.look();
      if (looked.kind !== "end") return looked;
      if (change.kind === "refused" && isAhead && change.failure.reason !== "ContainerInTransition") {
        if (this.#mayCreateAgain()) continue;
        const cause = next.step === "StartNew" ? await findFailed(this) : undefined;
        return { kind: "refused", failure: cause ?? this.#newRemoved(before) ?? change.failure };
      }
      if (change.kind === "refused" && change.failure.reason === "ContainerNameTaken") {
        return { kind: "refused", failure: change.failure };
      }
      if (isAhead && this.isSuperseded()) return { kind: "refused", failure: superseded(this.#members) };
      const step = `${next.step} ${next.member.name}`;
      const count = (tries.get(step) ?? 0) + 1;
      tries.set(step, count);
      if (count >= MAX_TRIES && !this.#leaveStopped(next, change.failure))
        return { kind: "refused", failure: change.failure };
      if (change.kind === "refused" && !(await this.#stopUnsettled(direction, next))) {
        await sleep(this.#ports.clock, RETRY_MS, this.#ports.signal);
      }
    }
  }

  /** Waits until each new container has proved itself, or the first has failed. */
  async verify(): Promise<Arrival> {
    const since = this.#startedAt ?? this.#ports.clock.monotonic();
    const reported = await this.report("Verifying", "Verify");
    if (reported.kind !== "done") return { kind: "stop", failure: reported.failure };
    return await awaitProof(this, since, this.#ports);
  }

  /**
   * The policy of a container that restarts in a loop is refused between two of its runs. Once it is stopped, the daemon
   * asks no process of it any more.
   */
  async #stopUnsettled(direction: Direction, { step, member: { name } }: Step): Promise<boolean> {
    if (step !== "HoldPolicy" || direction !== "forward") return false;
    const member = this.#members.find((each) => each.name === name);
    if (member?.old.isUp !== true) return false;
    return (await this.#take(direction, { step: "StopOld", member })).kind === "done";
  }

  /** A dependant cannot be started without the container that somebody has removed, renamed or displaced. */
  #leaveStopped({ step, member: { name, main } }: Step, why: Failure): boolean {
    const isDisplaced = this.#members.some(({ old }) => old.place === "kept");
    if (step !== "StartOld" || main || !(isDisplaced || this.isSuperseded())) return false;
    this.unstartable.set(name, why);
    this.#members = this.#members.map((each) => (each.name === name ? { ...each, wasRunning: false } : each));
    return true;
  }

  proofOf(member: Member): Proof {
    return this.#proof(member);
  }

  /** Stops an old container that somebody has started again. */
  async stopOld(member: Member): Promise<Change<void>> {
    return await this.#take("finish", { step: "StopOld", member });
  }

  /**
   * Whether an old container was removed together with its new one, as `docker container prune` does while neither runs.
   * Nobody wants to be left with none, so the new one is created again, once.
   */
  #mayCreateAgain(): boolean {
    if (!this.#creation.isPossible || !this.#isTouched || this.#isCreatedAgain) return false;
    this.#isCreatedAgain = this.#members.some(({ old, new: fresh }) => old.place === "gone" && fresh.place === "none");
    return this.#isCreatedAgain;
  }

  #newRemoved(before: readonly Member[]): Failure | undefined {
    if (this.isSuperseded()) return undefined;
    const had = new Set(before.filter(({ new: { id } }) => id !== "").map(({ name }) => name));
    const missing = this.#members.find((member) => member.new.place === "none" && had.has(member.name));
    return missing === undefined ? undefined : newRemoved(missing.name);
  }

  /** Whether an old container disappeared before its new one has its name, so that it cannot be replaced. */
  isSuperseded(): boolean {
    return !this.#isCreatedAgain && this.#members.some(isLost);
  }

  /** Whether somebody removed an old container while it did not have its name, which is not how to get rid of it. */
  get isRemovedAside(): boolean {
    return this.#isRemovedAside;
  }

  /** Reads the state of all members again, because it is unknown after a lost answer. */
  async look(): Promise<Arrival> {
    const seen = await lookAgain(this.connection, this.txn, this.#members, this.#ports.writer);
    if (!seen.ok) return { kind: "stop", failure: seen.failure };
    const before = new Map(this.#members.map(({ name, old }) => [name, old.place]));
    if (seen.value.some(({ name, old }) => old.place === "gone" && before.get(name) === "old"))
      this.#isRemovedAside = true;
    this.#members = seen.value;
    return END;
  }

  async #take(direction: Direction, next: Step): Promise<Change<void>> {
    const { clock } = this.#ports;
    const phase =
      direction === "back" || direction === "clear"
        ? "RollingBack"
        : direction === "forward" || direction === "create"
          ? "Replacing"
          : "Verifying";
    const { step, member } = next;
    if (step === "Create") return await this.#creation.create(this, member);
    const stopMs = step === "StopOld" || step === "StopNew" ? await this.#stopMs(next) : 0;
    if (step !== "RemoveNew") this.#isTouched = true;
    if (step === "StopOld" && direction === "forward") this.#stoppedAt ??= clock.monotonic();
    const change = await this.change(phase, step, ({ changes }) => sendStep(changes, this.txn, next, stopMs));
    // Without its success, the old container can still be put back.
    const isOptional = step === "HoldNew" && change.kind === "refused";
    if (change.kind !== "done" && !isOptional) return change;
    if (step === "StartNew" && direction === "forward") this.#startedAt = clock.monotonic();
    this.#members = after(this.#members, next);
    return { kind: "done", value: undefined };
  }

  async #stopMs({ step, member }: Step): Promise<number> {
    const planned = this.#plannedStopMs?.(member);
    if (planned !== undefined) return planned;
    const { id } = step === "StopOld" ? member.old : member.new;
    const inspected = await this.connection.read(({ details }) => details.inspectContainer(id));
    return inspected.ok && inspected.value !== undefined ? stopMsOf(inspected.value) : 0;
  }

  /** Makes one changing request. */
  async change<T>(
    phase: ReplacementPhase,
    step: Progress["step"],
    send: (access: EngineAccess) => Promise<Outcome<T>>,
  ): Promise<Change<T>> {
    return await recordedChange(this.#ports, this.#progress(phase, step), () => send(this.connection.access));
  }

  async report(phase: ReplacementPhase, step: Progress["step"]): Promise<Reported> {
    return await report(this.#ports, this.#progress(phase, step));
  }

  #progress(phase: ReplacementPhase, step: Progress["step"]): Progress {
    const { txn, because, restarting } = this;
    return {
      phase,
      step,
      txn,
      members: this.#members.map(toRecord),
      ...(because && { because }),
      ...(restarting.size > 0 && { restarting: [...restarting] }),
    };
  }
}
