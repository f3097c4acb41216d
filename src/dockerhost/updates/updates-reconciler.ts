import { type ChangeKind, withNews } from "../../api/changes.ts";
import { findCondition } from "../../api/conditions.ts";
import { type DockerHostObject, parseSpec } from "../../api/docker-host.ts";
import { type Outcome, shownOn } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import type { Logger } from "../../common/logger.ts";
import type { Random } from "../../common/random.ts";
import { success } from "../../common/result.ts";
import type { EngineTarget } from "../../docker/engine-target.ts";
import type { SeenContainers } from "../../docker/seen-containers.ts";
import type { SpareConnections } from "../../docker/spare-connections.ts";
import type { RegistryLogins } from "../../registry/logins.ts";
import type { RegistryResolver } from "../../registry/resolver.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import type { Requeue } from "../../runtime/requeue.ts";
import type { Run as ControlledRun } from "../../runtime/run.ts";
import { announce, logFailure } from "../announce.ts";
import { contain } from "../contain.ts";
import type { FollowedContainers } from "../followed-containers.ts";
import { attemptEnd, type HostObserver } from "../host-observer.ts";
import { connectionInterval } from "../intervals.ts";
import { NetworkDetails } from "../network-details.ts";
import type { Resources } from "../ports.ts";
import { handledRequests, isRequested } from "../requested-runs.ts";
import type { SecretReadings } from "../secret-readings.ts";
import { SpecMemory } from "../spec-memory.ts";
import type { EngineAccess } from "../target.ts";
import { checkRetry } from "./check-retry.ts";
import { runUpdateSteps } from "./check-steps.ts";
import type { CheckConclusion } from "./conclude-check.ts";
import { concludeCheck, concludeNotAttempted, concludeSuspended } from "./conclude-check.ts";
import { HostAnswers } from "./host-registry.ts";
import { byInterval, type CheckSchedule, checkSchedule, checkTimeout, minimumAge, nextCheck } from "./schedule.ts";
import { SentCredentials } from "./sent-credentials.ts";
import type { UpdateOutcome } from "./update-pass.ts";

export interface UpdatesReconcilerOptions extends EngineAccess {
  readonly resources: Resources;
  readonly readings: SecretReadings;
  readonly clock: Clock;
  /** Learns which containers each check saw. */
  readonly containers?: FollowedContainers | undefined;
  /** Where connection passes leave their connections. */
  readonly spares?: SpareConnections | undefined;
  readonly random: Random;
  readonly resolver: RegistryResolver;
  /** The logins of the user who runs the program, if they may be used. */
  readonly logins?: RegistryLogins | undefined;
  readonly observer?: HostObserver | undefined;
  /** Which changes are recorded for the receiver of notifications; none if there is no receiver. */
  readonly notifies?: ReadonlySet<ChangeKind> | undefined;
}

/** What this process remembers of a host between checks; losing it at a restart does no harm. */
interface HostMemory {
  /** A host of the same name that was created later starts from the beginning. */
  readonly uid: string | undefined;
  /** The number of failed checks in a row. */
  failures: number;
  /** Whether something on which a failed check depends has changed since. */
  changed: boolean;
  /** Whether containers are known to have changed since the last check. */
  containersChanged: boolean;
  /** What the daemon allowed at the last check, as text. */
  capabilities?: string;
  answers?: { readonly endpoint: string | undefined; readonly reported: HostAnswers };
  /** The request that is being answered, and when it was first seen; older answers of registries do not count. */
  schedule?: { readonly text: string; readonly read: Outcome<CheckSchedule> };
  request?: { readonly tokens: string; readonly seenAt: number };
}

interface Run {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly yieldWorker: () => void;
  readonly details: NetworkDetails;
}

/** Checks the images of connected hosts when that is due; owns status.updates and its two conditions. */
export class UpdatesReconciler {
  readonly #options: UpdatesReconcilerOptions;
  readonly #memories = new Map<string, HostMemory>();
  readonly #specs = new SpecMemory();

  constructor(options: UpdatesReconcilerOptions) {
    this.#options = options;
  }

  /** A Secret that the check reads has changed, so a failed check is repeated without waiting. */
  checkAgain(key: string): void {
    const host = this.#options.resources.getHost(key);
    if (host !== undefined) this.#memory(host).changed = true;
  }

  /** Containers of the host were replaced, started or removed, so a check is due now. */
  containersChanged(key: string): void {
    const host = this.#options.resources.getHost(key);
    if (host !== undefined) this.#memory(host).containersChanged = true;
  }

  /**
   * Rejects only if the status cannot be stored, or when the signal fires. Releases its worker while it waits for
   * registries.
   */
  async reconcile(
    key: string,
    signal: AbortSignal,
    logger: Logger,
    run: Pick<ControlledRun, "yieldWorker"> = { yieldWorker: () => undefined },
  ): Promise<Requeue> {
    const { resources, readings } = this.#options;
    const host = resources.getHost(key);
    if (host === undefined || host.metadata.deletionTimestamp !== undefined) {
      this.#memories.delete(key);
      this.#specs.forget(key);
      readings.forget("updates", key);
      this.#options.containers?.forget(key);
      return { kind: "done" };
    }
    const details = new NetworkDetails(this.#options.hidesNetworkDetails ?? false);
    // A controller's run is an object of a class, so its methods need it.
    const yieldWorker = () => run.yieldWorker();
    const conclusion = await this.#pass(host, { signal, logger, yieldWorker, details });
    if ("kind" in conclusion) return conclusion;
    const status = { ...conclusion.status, ...this.#changes(host, conclusion) };
    await resources.saveStatus(host, "updates", status, signal);
    this.#specs.remember(host);
    // A change during a run aborts the run and is handled by the next one.
    if (!signal.aborted) this.#memory(host).changed = false;
    announce(host, conclusion.events, { resources, logger, message: "Update state changed", details });
    return conclusion.requeue;
  }

  /** A conclusion, or only the time of the next check if nothing is to be written. */
  async #pass(host: DockerHostObject, run: Run): Promise<CheckConclusion | Requeue> {
    const now = this.#options.clock.now();
    const spec = parseSpec(host.spec);
    if (!spec.ok) return this.#notAttempted(host, now, "The spec is not valid");
    if (spec.value.suspend || spec.value.updateCheck?.suspend === true) {
      const field = spec.value.suspend ? "spec.suspend" : "spec.updateCheck.suspend";
      const onlySuspendChanged = spec.value.suspend && this.#differsOnlyInSuspend(host);
      return concludeSuspended({ host, now, field, onlySuspendChanged });
    }
    const connected = findCondition(host.status?.conditions, "Connected");
    if (connected?.status !== "True" || connected.observedGeneration !== host.metadata.generation) {
      return this.#notAttempted(host, now, "The host is not connected");
    }
    const memory = this.#memory(host);
    const allowed = JSON.stringify(host.status?.capabilities);
    const changed = memory.changed || (memory.capabilities ?? allowed) !== allowed;
    const timed = this.#scheduleOf(host, spec.value);
    const schedule = timed.ok ? timed.value : byInterval(host);
    const due = memory.containersChanged ? now : nextCheck(host, { now, changed, schedule });
    if (due > now) return { kind: "after", ms: due - now };
    if (timed.ok) return await this.#check(host, spec.value, schedule, run);
    return concludeCheck({ host, schedule, outcome: { kind: "failed", failure: timed.failure }, failures: 0, now });
  }

  async #check(
    host: DockerHostObject,
    spec: DockerHostSpec,
    schedule: CheckSchedule,
    { signal, logger, yieldWorker, details }: Run,
  ): Promise<CheckConclusion> {
    const { clock, resolver, logins, observer, containers, spares, surface = "object" } = this.#options;
    const began = clock.monotonic();
    const memory = this.#memory(host);
    memory.capabilities = JSON.stringify(host.status?.capabilities);
    // What changes from here on needs another check.
    memory.containersChanged = false;
    containers?.checking(host);
    let seen: SeenContainers | undefined;
    const seenAt = this.#requestSeenAt(host, memory);
    const now = clock.now();
    using secrets = this.#options.readings.begin("updates", keyOf(host));
    using deadline = startDeadline(signal, "the update check", checkTimeout(spec), clock);
    const sent = new SentCredentials();
    const pass = {
      spec,
      namespace: host.metadata.namespace,
      engine: host.status?.engine ?? {},
      access: { ...this.#options, resources: secrets },
      openConnection: (target: EngineTarget) => spares?.take(keyOf(host), target),
      resolver,
      logins,
      capabilities: host.status?.capabilities ?? {},
      answers: this.#answersOf(host),
      before: host.status?.updates?.items ?? [],
      age: { known: host.status?.updates?.seen ?? [], minimumAgeMs: minimumAge(spec), now },
      maxAgeMs: schedule.maxAgeMs(now),
      ...(seenAt === undefined ? {} : { notBefore: seenAt }),
      now,
      signal: deadline.signal,
      details,
      sent,
      onSeen: (listed: SeenContainers) => {
        seen = listed;
      },
      onListed: yieldWorker,
    };
    const ran = await contain("The update check", deadline.signal, async () => success(await runUpdateSteps(pass)));
    const met: UpdateOutcome = ran.ok ? ran.value : { kind: "failed", failure: ran.failure };
    // A check that was interrupted has not found out anything.
    signal.throwIfAborted();
    secrets.complete();
    if (met.kind === "checked" && seen !== undefined) containers?.checked(host, seen);
    if (met.kind === "failed") logFailure(logger, "Update check failed", met.failure);
    const outcome: UpdateOutcome =
      met.kind === "failed" ? { ...met, failure: shownOn(surface, details.hide(met.failure)) } : met;
    memory.failures = checkRetry(outcome) === "backoff" ? memory.failures + 1 : 0;
    const { failures } = memory;
    const connectionMs = connectionInterval(spec);
    const conclusion = sent.hideIn(
      concludeCheck({ host, schedule, outcome, failures, now: clock.now(), connectionMs }),
    );
    observer?.updateCheckEnded(host, attemptEnd(conclusion.status, "UpdateCheckSucceeded", began, clock));
    return conclusion;
  }

  /** If this generation already has its mark, nothing is written and the last result stays. */
  #notAttempted(host: DockerHostObject, now: number, why: string): CheckConclusion | Requeue {
    const succeeded = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
    if (succeeded?.observedGeneration === host.metadata.generation) return { kind: "done" };
    return concludeNotAttempted({ host, now, why });
  }

  /** Stored in the same write as the mark that an update was announced, so that each is reported once. */
  #changes(
    { status: before = {} }: DockerHostObject,
    { events }: CheckConclusion,
  ): Pick<DockerHostStatus, "updateChanges"> {
    const { notifies, clock } = this.#options;
    if (notifies === undefined) return {};
    const news = events.flatMap(({ reason, message }) =>
      reason === "UpdatesFound" && notifies.has("UpdatesFound") ? [{ change: reason, reason, message } as const] : [],
    );
    const changes = withNews(before.updateChanges ?? [], before.notified?.updates ?? 0, news, clock.now());
    return changes.length === 0 ? {} : { updateChanges: [...changes] };
  }

  #answersOf(host: DockerHostObject): HostAnswers {
    const { clock, random } = this.#options;
    const memory = this.#memory(host);
    // Another daemon may reach other registries under the same names.
    const endpoint = host.status?.endpoint;
    const known = memory.answers?.endpoint === endpoint ? memory.answers : undefined;
    memory.answers = known ?? { endpoint, reported: new HostAnswers(clock, random) };
    return memory.answers.reported;
  }

  /** Parsed once, because it takes some milliseconds to find out that a schedule never comes. */
  #scheduleOf(host: DockerHostObject, spec: DockerHostSpec): Outcome<CheckSchedule> {
    const { interval, schedule, timeZone } = spec.updateCheck ?? {};
    const memory = this.#memory(host);
    const text = JSON.stringify([interval, schedule, timeZone]);
    if (memory.schedule?.text !== text) memory.schedule = { text, read: checkSchedule(spec, host) };
    return memory.schedule.read;
  }

  #requestSeenAt(host: DockerHostObject, memory: HostMemory): number | undefined {
    if (!isRequested(host, host.status?.updates)) return undefined;
    const tokens = JSON.stringify(handledRequests(host));
    if (memory.request?.tokens !== tokens) memory.request = { tokens, seenAt: this.#options.clock.now() };
    return memory.request.seenAt;
  }

  #differsOnlyInSuspend(host: DockerHostObject): boolean {
    const succeeded = findCondition(host.status?.conditions, "UpdateCheckSucceeded");
    return succeeded?.observedGeneration === host.metadata.generation || this.#specs.matches(host);
  }

  #memory(host: DockerHostObject): HostMemory {
    const { uid } = host.metadata;
    let memory = this.#memories.get(keyOf(host));
    if (memory === undefined || memory.uid !== uid) {
      memory = { uid, failures: 0, changed: false, containersChanged: false };
      this.#memories.set(keyOf(host), memory);
    }
    return memory;
  }
}
