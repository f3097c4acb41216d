import { type ChangeKind, withNews } from "../../api/changes.ts";
import { type DockerHostObject, parseSpec } from "../../api/docker-host.ts";
import { shownOn } from "../../api/failure.ts";
import type { DockerHostSpec } from "../../api/spec.ts";
import type { DockerHostStatus, EngineStatus } from "../../api/status.ts";
import type { Clock } from "../../common/clock.ts";
import { startDeadline } from "../../common/deadline.ts";
import { parseDuration } from "../../common/duration.ts";
import type { Logger } from "../../common/logger.ts";
import { jitter, type Random } from "../../common/random.ts";
import type { SpareConnections } from "../../docker/spare-connections.ts";
import type { BackoffRange } from "../../runtime/backoff.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import type { Requeue } from "../../runtime/requeue.ts";
import { announce, logFailure } from "../announce.ts";
import { checkFollows } from "../check-follows.ts";
import { duplicateWarning, engineId } from "../duplicates.ts";
import type { FollowedContainers } from "../followed-containers.ts";
import { attemptEnd, type HostObserver } from "../host-observer.ts";
import { NetworkDetails } from "../network-details.ts";
import type { Resources, SecretReader } from "../ports.ts";
import type { SecretReadings } from "../secret-readings.ts";
import { SpecMemory } from "../spec-memory.ts";
import type { EngineAccess } from "../target.ts";
import {
  type ConnectionConclusion,
  concludeConnection,
  concludeInvalidSpec,
  concludeSuspended,
  progressing,
} from "./conclude-connection.ts";
import { emptyDraft } from "./connection-draft.ts";
import { connectionNews } from "./connection-news.ts";
import { runConnectionSteps } from "./connection-steps.ts";
import { DelayedMark } from "./delayed-mark.ts";

export interface ConnectionReconcilerOptions extends EngineAccess {
  readonly resources: Resources;
  readonly readings: SecretReadings;
  readonly clock: Clock;
  /** Learns in each pass whether the containers changed. */
  readonly containers?: FollowedContainers | undefined;
  /** Where a pass leaves its connection for the check that follows. */
  readonly spares?: SpareConnections | undefined;
  /** Whether to find out what of an update is allowed on hosts that may be updated. */
  readonly probesChanges?: boolean | undefined;
  readonly random: Random;
  readonly observer?: HostObserver | undefined;
  readonly pacing?: Pacing | undefined;
  /** Which changes are recorded for the receiver of notifications; none if there is no receiver. */
  readonly notifies?: ReadonlySet<ChangeKind> | undefined;
}

/** When hosts are checked again. */
export interface Pacing {
  /**
   * By which fraction an interval may vary; default 0.05. Otherwise, many hosts with the same interval would be due at
   * the same moment.
   */
  readonly intervalJitter?: number;
  readonly retryDelay?: BackoffRange;
}

const DEFAULT_INTERVAL_JITTER = 0.05;
/** A pass over a new generation that takes longer says that the generation is being processed. */
const PROGRESS_AFTER_MS = 1_000;

interface Run {
  readonly secrets: SecretReader;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly details: NetworkDetails;
}

/** Keeps the connection to each host verified; owns Ready and the facts about the host. */
export class ConnectionReconciler {
  readonly #options: ConnectionReconcilerOptions;
  readonly #specs = new SpecMemory();

  constructor(options: ConnectionReconcilerOptions) {
    this.#options = options;
  }

  /** Runs one pass over one host. Rejects only if the status cannot be stored, or when the signal fires. */
  async reconcile(key: string, signal: AbortSignal, logger: Logger): Promise<Requeue> {
    const { resources, random, readings, pacing } = this.#options;
    const host = resources.getHost(key);
    this.#options.spares?.close(key);
    if (host === undefined || host.metadata.deletionTimestamp !== undefined) {
      this.#specs.forget(key);
      readings.forget("connection", key);
      this.#options.containers?.forget(key);
      return { kind: "done" };
    }
    using secrets = readings.begin("connection", key);
    const details = new NetworkDetails(this.#options.hidesNetworkDetails ?? false);
    const conclusion = await this.#pass(host, { secrets, signal, logger, details });
    const status = { ...conclusion.status, ...this.#changes(host, conclusion.status) };
    await resources.saveStatus(host, "connection", status, signal);
    secrets.complete();
    this.#specs.remember(host);
    announce(host, conclusion.events, { resources, logger, message: "Connection state changed", details });
    return conclusion.requeue.kind === "after"
      ? { kind: "after", ms: jitter(conclusion.requeue.ms, pacing?.intervalJitter ?? DEFAULT_INTERVAL_JITTER, random) }
      : conclusion.requeue;
  }

  async #pass(host: DockerHostObject, run: Run): Promise<ConnectionConclusion> {
    const { resources, clock } = this.#options;
    const now = clock.now();
    const before = host.status ?? {};
    const spec = parseSpec(host.spec);
    if (!spec.ok) return concludeInvalidSpec({ host, before, stored: before, now, failure: spec.failure });
    if (spec.value.suspend) {
      const onlySuspendChanged = before.observedGeneration === host.metadata.generation || this.#specs.matches(host);
      return concludeSuspended({
        host,
        before,
        stored: before,
        now,
        onlySuspendChanged,
        duplicates: this.#duplicatesOf(host),
      });
    }
    if (before.observedGeneration === host.metadata.generation) {
      return await this.#connect(host, spec.value, { before, stored: async () => before }, run);
    }
    const marked = progressing(host, before, now);
    await using mark = new DelayedMark(clock, PROGRESS_AFTER_MS, async () => {
      await resources.saveStatus(host, "connection", marked, run.signal);
    });
    const stored = async () => ((await mark.end()) ? marked : before);
    return await this.#connect(host, spec.value, { before, stored }, run);
  }

  async #connect(
    host: DockerHostObject,
    spec: DockerHostSpec,
    { before, stored }: { readonly before: DockerHostStatus; readonly stored: () => Promise<DockerHostStatus> },
    { secrets, signal, logger, details }: Run,
  ): Promise<ConnectionConclusion> {
    const { clock, observer, pacing, containers, spares, surface = "object" } = this.#options;
    const began = clock.monotonic();
    const draft = emptyDraft();
    using deadline = startDeadline(signal, "the connection pass", parseDuration(spec.timeout) ?? 30_000, clock);
    const met = await runConnectionSteps({
      spec,
      namespace: host.metadata.namespace,
      before,
      access: { ...this.#options, resources: secrets },
      now: clock.now(),
      clock,
      probesChanges: this.#options.probesChanges ?? false,
      seesContainers: containers?.isDue(host, spec) ?? false,
      random: this.#options.random,
      checkFollows: (seen) =>
        checkFollows(host, spec, clock.now()) || (seen !== undefined && containers?.areOthers(host, seen) === true),
      leave: spares && ((target, agent) => spares.leave(keyOf(host), target, agent)),
      signal: deadline.signal,
      draft,
    });
    // A pass that was interrupted has not found out anything.
    signal.throwIfAborted();
    if (draft.seen !== undefined) containers?.seen(host, draft.seen);
    if (met.kind === "failed") logFailure(logger, "Connection attempt failed", met.failure);
    // An earlier step found this without using the network.
    const isOfNetwork = met.kind === "failed" && (met.step === "connect" || met.step === "describe");
    const hidden = isOfNetwork ? { ...met, failure: details.hide(met.failure) } : met;
    const outcome = hidden.kind === "failed" ? { ...hidden, failure: shownOn(surface, hidden.failure) } : hidden;
    const duplicates = this.#duplicatesOf(host);
    const { retryDelay } = pacing ?? {};
    const conclusion = concludeConnection({
      host,
      before,
      stored: await stored(),
      spec,
      draft,
      outcome,
      now: clock.now(),
      duplicates,
      retryDelay,
    });
    observer?.connectionEnded(host, attemptEnd(conclusion.status, "Ready", began, clock));
    return conclusion;
  }

  /** Stored in the same write as the state that they lead to, so that no crash can lose one. */
  #changes({ status: before = {} }: DockerHostObject, concluded: DockerHostStatus): Pick<DockerHostStatus, "changes"> {
    const { notifies, clock } = this.#options;
    if (notifies === undefined) return {};
    const now = clock.now();
    const news = connectionNews(before, concluded, now).filter(({ change }) => notifies.has(change));
    const changes = withNews(before.changes ?? [], before.notified?.connection ?? 0, news, now);
    return changes.length === 0 ? {} : { changes: [...changes] };
  }

  #duplicatesOf(host: DockerHostObject) {
    return (engine: EngineStatus | undefined) => {
      const id = engineId(engine);
      return id === undefined ? undefined : duplicateWarning(this.#options.resources.duplicatesOf(host, id));
    };
  }
}
