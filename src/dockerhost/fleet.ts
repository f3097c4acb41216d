import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject, StatusOwner } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import type { Controller, Reconcile } from "../runtime/controller.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Leadership } from "../runtime/leadership.ts";
import type { RuntimeObserver } from "../runtime/observers.ts";
import { type QueuedController, queuedController } from "../runtime/queued-controller.ts";
import type { Requeue } from "../runtime/requeue.ts";
import type { Store, StoreChange } from "../runtime/store.ts";
import { priorities } from "../runtime/work-queue.ts";
import { EngineIndex, engineId, isDuplicateWarning } from "./duplicates.ts";
import type { FollowedContainers } from "./followed-containers.ts";
import { handledRequests } from "./requested-runs.ts";
import type { SecretReadings } from "./secret-readings.ts";
import { indexedReferences } from "./secret-references.ts";

export interface FleetOptions {
  readonly hosts: Store<DockerHostObject>;
  readonly connection: { reconcile: Reconcile };
  readonly updates: { reconcile: Reconcile; checkAgain(key: string): void; containersChanged(key: string): void };
  /** Whether a connection pass found other containers than the last check. */
  readonly containers?: Pick<FollowedContainers, "takeChanged"> | undefined;
  /** What the two reconcilers last read from the Secrets. */
  readonly readings: Pick<SecretReadings, "hasRead" | "compare">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * While this returns true, hosts that appear in the namespace belong to its first list, and changes by users are
   * processed before them.
   */
  readonly isStarting: (namespace: string) => boolean;
  /**
   * The number of hosts of one namespace to which connections are made at the same time while no other namespace has
   * any; all namespaces together have twice as many.
   */
  readonly connectionWorkers?: number;
  /** The same for update checks. */
  readonly updateWorkers?: number;
  /** How long runs may continue after the program was asked to stop. */
  readonly graceMs?: number | undefined;
  readonly leadership?: Leadership | undefined;
  readonly observer?: RuntimeObserver | undefined;
}

/**
 * Longer than the longest spec.timeout and spec.updateCheck.timeout. Those end a pass; these limits only catch a
 * defect.
 */
const CONNECTION_DEADLINE_MS = 11 * 60_000;
const UPDATES_DEADLINE_MS = 61 * 60_000;
/** The timeout for reading one Secret. */
const SECRET_DEADLINE_MS = 60_000;
const SECRET_WORKERS = 10;
/**
 * The number of checks of one namespace that may wait for registries at the same time; each holds its findings in
 * memory.
 */
const CHECKS_WITHOUT_WORKER = 100;
/** A host that does not answer costs little more than its socket, and there may be many. */
const SLOW_PER_WORKER = 4;

/**
 * The controllers over one store of hosts, and what wakes them. Each has its own queue and workers, so that neither waits for
 * the other. This is the whole rule:
 *
 * | what happens                       | connection pass                    | update check                                |
 * | ---------------------------------- | ---------------------------------- | ------------------------------------------- |
 * | a host comes                       | soon; at a start, after changes    | soon; if it is new, after the first pass    |
 * | the user changes a host            | interrupted, now                   | interrupted; after the next connection pass |
 * | a Secret of the connection changes | interrupted, now                   | interrupted; after the next connection pass |
 * | a Secret of the check changes      | -                                  | interrupted, now                            |
 * | Connected changes                  | -                                  | soon                                        |
 * | a pass finds other containers      | -                                  | now                                         |
 * | a duplicate comes or goes          | soon, but it wakes no further host | -                                           |
 * | a host goes                        | interrupted, to forget the host    | interrupted, to forget the host             |
 *
 * Three sets hold what the queues cannot: `#connectFirst` has the hosts whose check waits for the next connection pass, from
 * a change until a pass that was not aborted; `#duplicates.asked` has those that are processed only because of a duplicate, until
 * their pass starts or a change gives it another cause; `#duplicates.running` has those whose pass is of that kind now, which
 * must not wake others. A controller for Secrets first looks whether a Secret with a new version holds anything new.
 */
export class Fleet {
  readonly controllers: readonly Controller[];
  readonly #options: FleetOptions;
  readonly #connection: QueuedController;
  readonly #updates: QueuedController;
  readonly #secrets: QueuedController;
  readonly #engines: EngineIndex;
  /** Hosts that need a connection pass before their images are checked. */
  readonly #connectFirst = new Set<string>();
  /** Hosts to be processed because of a duplicate, and those that are being processed for that reason. */
  readonly #duplicates = { asked: new Set<string>(), running: new Set<string>() };

  constructor(options: FleetOptions) {
    this.#options = options;
    const { hosts, clock, random, logger, observer, graceMs, leadership } = options;
    const { connectionWorkers: connecting = 10, updateWorkers: checking = 10 } = options;
    const slow = connecting * SLOW_PER_WORKER;
    const shared = { clock, random, logger, observer, graceMs, leadership };
    const fieldsOf = (key: string) => ({ generation: hosts.get(key)?.metadata.generation });
    this.#connection = queuedController({
      ...shared,
      name: "connection",
      reconcile: (...run) => this.#reconcileConnection(...run),
      deadlineMs: CONNECTION_DEADLINE_MS,
      shares: { ordinary: connecting, slow, late: slow, waiting: 0 },
      fieldsOf,
    });
    this.#updates = queuedController({
      ...shared,
      name: "updates",
      reconcile: (...run) => this.#reconcileUpdates(...run),
      deadlineMs: UPDATES_DEADLINE_MS,
      shares: { ordinary: checking, slow: checking, late: checking, waiting: CHECKS_WITHOUT_WORKER },
      fieldsOf,
    });
    this.#secrets = queuedController({
      ...shared,
      name: "secrets",
      reconcile: (key, signal) => this.#compareSecret(key, signal),
      deadlineMs: SECRET_DEADLINE_MS,
      shares: { ordinary: SECRET_WORKERS, slow: 0, late: 0, waiting: 0 },
    });
    this.controllers = [this.#connection, this.#updates, this.#secrets].map(({ controller }) => controller);
    this.#engines = new EngineIndex(hosts);
    const references = indexedReferences();
    hosts.addIndex("connectionSecret", references.connection);
    hosts.addIndex("updateSecret", references.updates);
    hosts.subscribe((change) => this.#hostChanged(change));
    for (const host of hosts.list()) this.#hostChanged({ type: "added", key: keyOf(host), object: host });
  }

  /**
   * A Secret appeared, disappeared or has another version. Hosts that have read it are processed immediately if its
   * content has changed. Hosts that have not read it yet will read the new content anyway.
   */
  secretChanged(key: string): void {
    const { readings } = this.#options;
    if (this.#readersOf(key).some(({ owner, host }) => readings.hasRead(owner, host, key)))
      this.#secrets.queue.add(key);
  }

  /** Containers of a host changed: its images are checked now. */
  checkNow(key: string): void {
    this.#options.updates.containersChanged(key);
    this.#updates.queue.add(key);
  }

  /** Reads a Secret once for all hosts that refer to it. */
  async #compareSecret(key: string, signal: AbortSignal): Promise<Requeue> {
    const { readings, updates } = this.#options;
    const isNews = await readings.compare(key, signal);
    for (const { owner, host } of this.#readersOf(key)) {
      if (!isNews(owner, host)) continue;
      updates.checkAgain(host);
      if (owner === "connection") this.#changed(host, "a Secret changed");
      else this.#updates.controller.interrupt(host, "a Secret changed");
    }
    return { kind: "done" };
  }

  #readersOf(secret: string): readonly { readonly owner: StatusOwner; readonly host: string }[] {
    const { hosts } = this.#options;
    return [
      ...hosts.byIndex("connectionSecret", secret).map((host) => ({ owner: "connection", host: keyOf(host) }) as const),
      ...hosts.byIndex("updateSecret", secret).map((host) => ({ owner: "updates", host: keyOf(host) }) as const),
    ];
  }

  #hostChanged(change: StoreChange<DockerHostObject>): void {
    const { type, key, object, previous } = change;
    this.#engineChanged(change);
    if (type === "added") {
      const priority = this.#options.isStarting(object.metadata.namespace ?? "")
        ? priorities.periodic
        : priorities.change;
      const connected = findCondition(object.status?.conditions, "Connected");
      this.#connection.queue.add(key, { priority, isSlow: connected?.status === "False" });
      // Before the first pass over a generation, a check could only write that it was not attempted.
      if (connected?.observedGeneration === object.metadata.generation) this.#updates.queue.add(key, { priority });
      else this.#connectFirst.add(key);
    } else if (type === "deleted") {
      this.#connectFirst.delete(key);
      this.#duplicates.asked.delete(key);
      this.#interrupt(key, "the host was deleted");
    } else if (previous === undefined || isUserChange(previous, object)) {
      this.#changed(key, "the host changed");
    } else if (connectionState(previous) !== connectionState(object)) {
      this.#updates.queue.add(key, { priority: priorities.periodic });
    }
  }

  /**
   * Hosts that reach the same daemon refer to each other in their status, so the others are processed when one appears
   * or disappears; hosts that appeared at the same time may have missed it. A host that was processed only for this
   * reason wakes no further hosts, because several daemons may take turns behind one address.
   */
  #engineChanged({ type, key, object, previous }: StoreChange<DockerHostObject>): void {
    const current = engineId(object.status?.engine);
    const [before, after] = type === "deleted" ? [current] : [engineId(previous?.status?.engine), current];
    if (before === after || this.#duplicates.running.has(key)) return;
    for (const id of [before, after]) {
      const subject = id === after ? object : (previous ?? object);
      const duplicates = id === undefined ? [] : this.#engines.hostsBeside(subject, id);
      for (const duplicate of duplicates) this.#askDuplicate(keyOf(duplicate));
      const isUnreported = object.status?.warnings?.some(isDuplicateWarning) !== true;
      if (id === after && duplicates.length > 0 && isUnreported) this.#askDuplicate(key);
    }
  }

  #askDuplicate(key: string): void {
    this.#duplicates.asked.add(key);
    this.#connection.queue.add(key, { priority: priorities.periodic });
  }

  #changed(key: string, why: string): void {
    this.#connectFirst.add(key);
    this.#duplicates.asked.delete(key);
    this.#interrupt(key, why);
  }

  #interrupt(key: string, why: string): void {
    this.#connection.controller.interrupt(key, why);
    this.#updates.controller.interrupt(key, why);
  }

  async #reconcileConnection(...run: Parameters<Reconcile>): ReturnType<Reconcile> {
    const [key, signal] = run;
    if (this.#duplicates.asked.delete(key)) this.#duplicates.running.add(key);
    try {
      const requeue = await this.#options.connection.reconcile(...run);
      signal.throwIfAborted();
      if (this.#connectFirst.delete(key)) this.#updates.queue.add(key);
      if (this.#options.containers?.takeChanged(key)) this.checkNow(key);
      return requeue;
    } finally {
      this.#duplicates.running.delete(key);
    }
  }

  async #reconcileUpdates(...run: Parameters<Reconcile>): ReturnType<Reconcile> {
    // It is added again after the connection pass.
    if (this.#connectFirst.has(run[0])) return { kind: "done" };
    return await this.#options.updates.reconcile(...run);
  }
}

/** Whether something that the user wrote changed: the spec, a request for a reconcile, or a deletion. */
function isUserChange(previous: DockerHostObject, object: DockerHostObject): boolean {
  return (
    previous.metadata.uid !== object.metadata.uid ||
    previous.metadata.generation !== object.metadata.generation ||
    previous.metadata.deletionTimestamp !== object.metadata.deletionTimestamp ||
    JSON.stringify(handledRequests(previous)) !== JSON.stringify(handledRequests(object))
  );
}

function connectionState(host: DockerHostObject): string {
  const connected = findCondition(host.status?.conditions, "Connected");
  return `${connected?.status} ${connected?.observedGeneration}`;
}
