import type { Failure, Outcome } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import { success } from "../common/result.ts";
import { wasAnswered } from "../docker/classify-change.ts";
import type { Arrival, Change } from "./arrival.ts";
import { awaitProof, findFailed } from "./await-proof.ts";
import { findBusy } from "./busy.ts";
import { cancelled, interruption, newRemoved, superseded, taken } from "./failures.ts";
import { changedMeanwhile } from "./last-look.ts";
import { toRecord } from "./member-record.ts";
import { after, type Direction, isLost, type Member, nextStep, type Step } from "./next-step.ts";
import { findTransactions, observe, type Remembered } from "./observe.ts";
import { stopMsOf } from "./plan.ts";
import type { Recreation } from "./recreate.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { EngineAccess, Progress, ReplacementPhase, ReplacementPorts } from "./request.ts";
import { sendStep } from "./send-step.ts";
import { isForeign, isOfLaterTerm, placeName } from "./transaction-label.ts";
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
  readonly #recreate: TransactionOptions["recreate"];
  readonly #aroundCreate: NonNullable<TransactionOptions["aroundCreate"]>;
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
  readonly #halfCreated = new Set<string>();
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
    this.#recreate = recreate;
    this.#aroundCreate = aroundCreate ?? ((_transaction, _member, create) => create());
    this.#plannedStopMs = stopMs;
    this.restarting = new Set(restarting);
  }

  get ties() {
    return this.#ports.ties;
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
      const next = (isAhead ? this.#discard() : undefined) ?? nextStep(direction, this.#members);
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
    if (this.#recreate === undefined || !this.#isTouched || this.#isCreatedAgain) return false;
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
    const { writer } = this.#ports;
    const remembered: readonly Remembered[] = this.#members.map(({ old, ...member }) => ({ ...member, oldId: old.id }));
    const seen = await this.connection.read<readonly Member[] | undefined>(async (access) => {
      const listed = await access.details.listContainers();
      if (!listed.ok) return listed;
      const labels =
        findTransactions(listed.value)
          .find(({ txn }) => txn === this.txn)
          ?.labels.values() ?? [];
      if ([...labels].some((label) => isForeign(label, writer) || isOfLaterTerm(label, writer)))
        return success(undefined);
      return await observe(access, this.txn, remembered, listed.value);
    });
    if (!seen.ok) return { kind: "stop", failure: seen.failure };
    if (seen.value === undefined) return { kind: "stop", failure: taken() };
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
    if (step === "Create") return await this.#create(member);
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

  /** Connects the networks before the container counts as created: without some of them, it must not be started. */
  async #create(member: Member): Promise<Change<void>> {
    const created = this.#members.filter((each) => each.new.id !== "");
    const newIds = new Map(
      created.flatMap((each) => [each.old.id, each.name].map((key) => [key, each.new.id] as const)),
    );
    const recreation = this.#recreate?.(member, newIds);
    if (recreation === undefined) throw new Error("a found transaction creates no container");
    if (!recreation.ok) return { kind: "refused", failure: recreation.failure };
    const { body, platform, networks } = recreation.value;
    const name = placeName(member.name, this.txn, "new");
    this.#halfCreated.add(member.name);
    const answer = await this.#aroundCreate(this, member, () =>
      this.change("Replacing", "Create", ({ changes }) => changes.create(name, body, platform)),
    );
    if (answer.kind !== "done") return answer;
    const { id } = answer.value;
    this.#members = after(this.#members, { step: "Create", member }, id);
    for (const { network, endpoint } of networks) {
      const connected = await this.change("Replacing", "Create", ({ changes }) =>
        changes.connect(network, id, endpoint),
      );
      if (connected.kind !== "done") return connected;
    }
    this.#halfCreated.delete(member.name);
    return { kind: "done", value: undefined };
  }

  /**
   * Removes a new container whose creation was not answered to its end, before anything else: its networks are unknown,
   * so it is created again. That somebody has renamed it does not make it complete.
   */
  #discard(): Step | undefined {
    const member = this.#members.find(({ name, new: { id } }) => id !== "" && this.#halfCreated.has(name));
    return member && { step: "RemoveNew", member };
  }

  async #stopMs({ step, member }: Step): Promise<number> {
    const planned = this.#plannedStopMs?.(member);
    if (planned !== undefined) return planned;
    const { id } = step === "StopOld" ? member.old : member.new;
    const inspected = await this.connection.read(({ details }) => details.inspectContainer(id));
    return inspected.ok && inspected.value !== undefined ? stopMsOf(inspected.value) : 0;
  }

  /**
   * Makes one changing request. Its record is stored first, and this process must still be allowed to make changes
   * right before it is sent.
   */
  async change<T>(
    phase: ReplacementPhase,
    step: Progress["step"],
    send: (access: EngineAccess) => Promise<Outcome<T>>,
  ): Promise<Change<T>> {
    const reported = await this.report(phase, step);
    if (reported.kind !== "done") return reported;
    const sent = await send(this.connection.access);
    if (sent.ok) return { kind: "done", value: sent.value };
    if (this.#ports.signal.aborted) return stopped("the program was asked to stop");
    return { kind: wasAnswered(sent.failure) ? "refused" : "unknown", failure: sent.failure };
  }

  async report(phase: ReplacementPhase, step: Progress["step"]): Promise<Change<void> & { kind: "done" | "stop" }> {
    const { record, mayChange, signal } = this.#ports;
    const members = this.#members.map(toRecord);
    if (signal.aborted) return stopped("the program was asked to stop");
    const recorded = await record({
      phase,
      step,
      txn: this.txn,
      members,
      ...(this.because && { because: this.because }),
      ...(this.restarting.size > 0 && { restarting: [...this.restarting] }),
    });
    if (!recorded.ok) return { kind: "stop", failure: recorded.failure };
    if (!(await mayChange())) return { kind: "stop", failure: taken() };
    return { kind: "done", value: undefined };
  }
}

function stopped(why: string): { readonly kind: "stop"; readonly failure: Failure } {
  return { kind: "stop", failure: interruption(why) };
}
