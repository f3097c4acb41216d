import type { Failure, Outcome } from "../api/failure.ts";
import { sleep } from "../common/clock.ts";
import { success } from "../common/result.ts";
import { wasAnswered } from "../docker/classify-change.ts";
import { cancelled, interruption, isLost, superseded, taken } from "./failures.ts";
import { after, type Direction, type Member, nextStep, type Step } from "./next-step.ts";
import { findTransactions, observe, type Remembered } from "./observe.ts";
import { stopMsOf } from "./plan.ts";
import type { Recreation } from "./recreate.ts";
import type { ReplacementConnection } from "./replacement-connection.ts";
import type { EngineAccess, Progress, ReplacementPhase, ReplacementPorts } from "./request.ts";
import { sendStep } from "./send-step.ts";
import { isForeign, isOfLaterTerm, placeName } from "./transaction-label.ts";
import { type Proof, verifyNew } from "./verify.ts";

/** How often a step is tried if its answer is lost, or if it is refused on the way back. */
const MAX_TRIES = 5;
const RETRY_MS = 1_000;
const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 2_000;

/** How a change ended. `unknown`: there was no answer. `stop`: this process must not send anything else. */
export type Change<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" | "unknown" | "stop"; readonly failure: Failure };

/** How a direction ended: at its end, with the daemon's refusal, or in the middle. */
export type Arrival =
  | { readonly kind: "end" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "stop"; readonly failure: Failure };

const END: Arrival = { kind: "end" };

export interface TransactionOptions {
  readonly ports: ReplacementPorts;
  readonly connection: ReplacementConnection;
  readonly txn: string;
  readonly members: readonly Member[];
  readonly proof: (member: Member) => Proof;
  /** How a new container is created. A transaction that was found on the daemon never creates one. */
  readonly recreate?: (member: Member, newIds: ReadonlyMap<string, string>) => Outcome<Recreation>;
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
  readonly #plannedStopMs: TransactionOptions["stopMs"];
  #members: readonly Member[];
  /** Why the old container is put back, for the records of that. */
  because: Failure | undefined;
  #isTouched = false;
  #stoppedAt: number | undefined;
  #startedAt: number | undefined;

  constructor({ ports, connection, txn, members, proof, recreate, stopMs }: TransactionOptions) {
    this.txn = txn;
    this.connection = connection;
    this.#ports = ports;
    this.#members = members;
    this.#proof = proof;
    this.#recreate = recreate;
    this.#plannedStopMs = stopMs;
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

  /** Takes steps until the direction is complete. */
  async run(direction: Direction): Promise<Arrival> {
    let last = "";
    let tries = 0;
    for (;;) {
      const next = nextStep(direction, this.#members);
      if (next === undefined) return END;
      if (direction === "forward" && this.#ports.cancel?.aborted === true)
        return { kind: "refused", failure: cancelled() };
      const change = await this.#take(direction, next);
      if (change.kind === "done") continue;
      if (change.kind === "stop") return { kind: "stop", failure: change.failure };
      const looked = await this.look();
      if (looked.kind !== "end") return looked;
      if (change.kind === "refused" && direction === "forward") {
        const cause = next.step === "StartNew" ? await this.#firstFailure() : undefined;
        return { kind: "refused", failure: cause ?? change.failure };
      }
      if (next.step === "Create") await this.#discard(next.member);
      if (direction === "forward" && this.isSuperseded())
        return { kind: "refused", failure: superseded(this.#members) };
      const step = `${next.step} ${next.member.name}`;
      tries = step === last ? tries + 1 : 1;
      last = step;
      if (tries >= MAX_TRIES) return { kind: "refused", failure: change.failure };
      if (change.kind === "refused") await sleep(this.#ports.clock, RETRY_MS, this.#ports.signal);
    }
  }

  /** Waits until each new container has proved itself, or the first has failed. */
  async verify(): Promise<Arrival> {
    const { clock, signal, cancel } = this.#ports;
    const since = this.#startedAt ?? clock.monotonic();
    const reported = await this.report("Verifying", "Verify");
    if (reported.kind !== "done") return { kind: "stop", failure: reported.failure };
    for (let delay = FIRST_POLL_MS; ; delay = Math.min(2 * delay, LONGEST_POLL_MS)) {
      const checked = await this.#verifyAll(clock.monotonic() - since);
      if (checked !== undefined) return checked;
      if (cancel?.aborted === true) return { kind: "refused", failure: cancelled() };
      const ends = AbortSignal.any(cancel === undefined ? [signal] : [signal, cancel]);
      await sleep(clock, Math.min(delay, this.#stableIn(clock.monotonic() - since)), ends);
      if (signal.aborted) return stopped("the program was asked to stop");
    }
  }

  /** The result is undefined while this is not decided. */
  async #verifyAll(ms: number): Promise<Arrival | undefined> {
    let isWaiting = false;
    for (const member of this.#members) {
      const inspected = await this.connection.read(({ details }) => details.inspectContainer(member.new.id));
      if (!inspected.ok) return { kind: "stop", failure: inspected.failure };
      const verification = verifyNew(inspected.value, member.name, this.#proof(member), ms);
      if (verification.kind === "failed") {
        const looked = await this.look();
        return looked.kind === "end" ? { kind: "refused", failure: verification.failure } : looked;
      }
      if (verification.kind === "waiting") isWaiting = true;
    }
    return isWaiting ? undefined : END;
  }

  /** Finds a started new container that has already ended: a dependant cannot be started next to it. */
  async #firstFailure(): Promise<Failure | undefined> {
    for (const member of this.#members.filter(({ new: { wasStarted } }) => wasStarted)) {
      const inspected = await this.connection.read(({ details }) => details.inspectContainer(member.new.id));
      const verification = inspected.ok ? verifyNew(inspected.value, member.name, this.#proof(member), 0) : undefined;
      if (verification?.kind === "failed") return verification.failure;
    }
    return undefined;
  }

  /** The time until the first container without a health check has run long enough. */
  #stableIn(ms: number): number {
    const left = this.#members.map((member) => this.#proof(member).stableForMs - ms).filter((each) => each > 0);
    return Math.min(LONGEST_POLL_MS, ...left);
  }

  /** Whether an old container disappeared before its new one has its name, so that it cannot be replaced. */
  isSuperseded(): boolean {
    return this.#members.some(isLost);
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
    this.#members = seen.value;
    return END;
  }

  async #take(direction: Direction, next: Step): Promise<Change<void>> {
    const { clock } = this.#ports;
    const phase =
      direction === "back" || direction === "clear"
        ? "RollingBack"
        : direction === "forward"
          ? "Replacing"
          : "Verifying";
    const { step, member } = next;
    if (step === "Create") return await this.#create(member);
    const stopMs = step === "StopOld" || step === "StopNew" ? await this.#stopMs(next) : 0;
    if (step !== "RemoveNew") this.#isTouched = true;
    if (step === "StopOld" && direction === "forward") this.#stoppedAt ??= clock.monotonic();
    const change = await this.change(phase, step, ({ changes }) => sendStep(changes, this.txn, next, stopMs));
    if (change.kind !== "done") return change;
    if (step === "StartNew") this.#startedAt = clock.monotonic();
    this.#members = after(this.#members, next);
    return change;
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
    const answer = await this.change("Replacing", "Create", ({ changes }) => changes.create(name, body, platform));
    if (answer.kind !== "done") return answer;
    const { id } = answer.value;
    this.#members = after(this.#members, { step: "Create", member }, id);
    for (const { network, endpoint } of networks) {
      const connected = await this.change("Replacing", "Create", ({ changes }) =>
        changes.connect(network, id, endpoint),
      );
      if (connected.kind !== "done") return connected;
    }
    return { kind: "done", value: undefined };
  }

  /** If there was no answer to the creation of a container, its networks are unknown, so it is created again. */
  async #discard({ name }: Member): Promise<void> {
    const member = this.#members.find((each) => each.name === name);
    if (member?.new.place === "new") await this.#take("forward", { step: "RemoveNew", member });
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
    const members = this.#members.map(({ name, old, new: fresh, wasRunning, restartPolicy }) => ({
      name,
      oldId: old.id,
      ...(fresh.id !== "" && { newId: fresh.id }),
      wasRunning,
      ...(restartPolicy !== undefined && { restartPolicy }),
    }));
    if (signal.aborted) return stopped("the program was asked to stop");
    const recorded = await record({
      phase,
      step,
      txn: this.txn,
      members,
      ...(this.because && { because: this.because }),
    });
    if (!recorded.ok) return { kind: "stop", failure: recorded.failure };
    if (!(await mayChange())) return { kind: "stop", failure: taken() };
    return { kind: "done", value: undefined };
  }
}

function stopped(why: string): { readonly kind: "stop"; readonly failure: Failure } {
  return { kind: "stop", failure: interruption(why) };
}
