import { findCondition } from "../api/conditions.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import { Controller, type Reconcile } from "../runtime/controller.ts";
import { keyOf } from "../runtime/object.ts";
import type { Store, StoreChange } from "../runtime/store.ts";
import { priorities, WorkQueue } from "../runtime/work-queue.ts";
import { handledRequests } from "./requests.ts";
import { connectionSecretKeys, updateSecretKeys } from "./secret-references.ts";

export interface FleetOptions {
  readonly hosts: Store<DockerHostObject>;
  readonly connection: { reconcile: Reconcile };
  readonly updates: { reconcile: Reconcile; checkAgain(key: string): void };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** While true, what is added to the store is the start-up list, which a user's change overtakes. */
  readonly isStarting: () => boolean;
  readonly connectionWorkers?: number;
  readonly updateWorkers?: number;
}

/** Longer than the longest spec.timeout and spec.updateCheck.timeout: those end a pass, these only catch a defect. */
const CONNECTION_DEADLINE_MS = 11 * 60_000;
const UPDATES_DEADLINE_MS = 61 * 60_000;

/**
 * The two controllers over one store of hosts, and what wakes them. Each has its own queue and workers, so that neither
 * waits for the other; but after a change by the user the connection comes first, and the check after it.
 */
export class Fleet {
  readonly controllers: readonly [connection: Controller, updates: Controller];
  readonly #options: FleetOptions;
  readonly #queues: { readonly connection: WorkQueue; readonly updates: WorkQueue };
  /** Hosts whose connection must be looked at before their images are. */
  readonly #connectFirst = new Set<string>();

  constructor(options: FleetOptions) {
    this.#options = options;
    const { hosts, clock, random, logger } = options;
    this.#queues = { connection: new WorkQueue({ clock, random }), updates: new WorkQueue({ clock, random }) };
    this.controllers = [
      new Controller({
        name: "connection",
        queue: this.#queues.connection,
        reconcile: (key, signal, log) => this.#reconcileConnection(key, signal, log),
        workers: options.connectionWorkers ?? 10,
        deadlineMs: CONNECTION_DEADLINE_MS,
        clock,
        logger,
      }),
      new Controller({
        name: "updates",
        queue: this.#queues.updates,
        reconcile: (key, signal, log) => this.#reconcileUpdates(key, signal, log),
        workers: options.updateWorkers ?? 10,
        deadlineMs: UPDATES_DEADLINE_MS,
        clock,
        logger,
      }),
    ];
    hosts.addIndex("connectionSecret", connectionSecretKeys);
    hosts.addIndex("updateSecret", updateSecretKeys);
    hosts.subscribe((change) => this.#hostChanged(change));
    for (const host of hosts.list()) this.#hostChanged({ type: "added", key: keyOf(host), object: host });
  }

  /** A Secret came, went or changed: the hosts that name it are looked at at once. */
  secretChanged(key: string): void {
    const { hosts, updates } = this.#options;
    for (const host of hosts.byIndex("connectionSecret", key)) this.#changed(keyOf(host), "a Secret changed");
    for (const host of hosts.byIndex("updateSecret", key)) {
      updates.checkAgain(keyOf(host));
      this.controllers[1].interrupt(keyOf(host), "a Secret changed");
    }
  }

  #hostChanged({ type, key, object, previous }: StoreChange<DockerHostObject>): void {
    if (type === "added") {
      const priority = this.#options.isStarting() ? priorities.periodic : priorities.change;
      this.#queues.connection.add(key, { priority });
      this.#queues.updates.add(key, { priority });
    } else if (type === "deleted") {
      this.#connectFirst.delete(key);
      for (const controller of this.controllers) controller.interrupt(key, "the host was deleted");
    } else if (previous === undefined || isUserChange(previous, object)) {
      this.#changed(key, "the host changed");
    } else if (connectionState(previous) !== connectionState(object)) {
      this.#queues.updates.add(key, { priority: priorities.periodic });
    }
  }

  #changed(key: string, why: string): void {
    this.#connectFirst.add(key);
    for (const controller of this.controllers) controller.interrupt(key, why);
  }

  async #reconcileConnection(...[key, signal, logger]: Parameters<Reconcile>): ReturnType<Reconcile> {
    const requeue = await this.#options.connection.reconcile(key, signal, logger);
    signal.throwIfAborted();
    if (this.#connectFirst.delete(key)) this.#queues.updates.add(key);
    return requeue;
  }

  async #reconcileUpdates(...[key, signal, logger]: Parameters<Reconcile>): ReturnType<Reconcile> {
    // It is added again once the connection has been looked at.
    if (this.#connectFirst.has(key)) return { kind: "done" };
    return await this.#options.updates.reconcile(key, signal, logger);
  }
}

/** What the user wrote changed: the spec, a request for a reconcile, or the wish to delete. */
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
