import { findCondition } from "../api/conditions.ts";
import { type ContainerUpdateObject, isFinished, parseUpdateSpec } from "../api/container-update.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/logger.ts";
import type { Random } from "../common/random.ts";
import type { Controller, Reconcile } from "../runtime/controller.ts";
import { keyOf } from "../runtime/kube-object.ts";
import type { Leadership } from "../runtime/leadership.ts";
import type { RuntimeObserver } from "../runtime/observers.ts";
import { type QueuedController, queuedController } from "../runtime/queued-controller.ts";
import type { Store, StoreChange } from "../runtime/store.ts";

export interface UpdateQueueOptions {
  readonly updates: Store<ContainerUpdateObject>;
  readonly hosts: Store<DockerHostObject>;
  readonly reconciler: { reconcile: Reconcile; noticed(key: string): void };
  /** How many updates of one namespace may prepare at the same time; while they wait for daemons, they need no worker. */
  readonly workers?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly graceMs?: number | undefined;
  readonly leadership?: Leadership | undefined;
  readonly observer?: RuntimeObserver | undefined;
}

/**
 * This is longer than any update takes: a pull, the stops of containers, spec.health.timeout, and a host that does not
 * answer for a while.
 */
export const LONGEST_UPDATE_MS = 6 * 3_600_000;
/** Each of them holds a connection and its knowledge about a container. */
const UPDATES_WITHOUT_WORKER = 100;
const HOST_INDEX = "host";

/** Runs the reconciler for each update that is created or changed by a user, or whose host changes. */
export class UpdateQueue {
  readonly #options: UpdateQueueOptions;
  readonly #queued: QueuedController;

  constructor(options: UpdateQueueOptions) {
    this.#options = options;
    const { updates, hosts, reconciler, workers = 10, ...shared } = options;
    this.#queued = queuedController({
      ...shared,
      name: "containerupdates",
      reconcile: (...run) => reconciler.reconcile(...run),
      deadlineMs: LONGEST_UPDATE_MS,
      shares: { ordinary: workers, slow: workers, late: workers, waiting: UPDATES_WITHOUT_WORKER },
      fieldsOf: (key) => ({ generation: updates.get(key)?.metadata.generation }),
    });
    updates.addIndex(HOST_INDEX, (update) => (isFinished(update) ? [] : [hostKeyOf(update)]));
    updates.subscribe((change) => this.#updateChanged(change));
    hosts.subscribe((change) => this.#hostChanged(change));
    for (const update of updates.list()) this.#queued.queue.add(keyOf(update));
  }

  get controller(): Controller {
    return this.#queued.controller;
  }

  wake(key: string): void {
    this.#queued.queue.forget(key);
    this.#queued.queue.add(key);
  }

  #updateChanged({ type, key, object, previous }: StoreChange<ContainerUpdateObject>): void {
    this.#options.reconciler.noticed(key);
    const isOurs = type === "updated" && previous?.metadata.generation === object.metadata.generation;
    if (isOurs && previous.metadata.uid === object.metadata.uid) return;
    this.wake(key);
  }

  #hostChanged({ type, key, object, previous }: StoreChange<DockerHostObject>): void {
    if (type === "updated" && previous !== undefined && state(previous) === state(object)) return;
    for (const update of this.#options.updates.byIndex(HOST_INDEX, key)) this.wake(keyOf(update));
  }
}

/** The part of a host's state for which updates wait. */
function state({ metadata, status }: DockerHostObject): string {
  const connected = findCondition(status?.conditions, "Connected");
  const { uid, generation, deletionTimestamp } = metadata;
  return [uid, generation, deletionTimestamp, connected?.status, connected?.observedGeneration].join(" ");
}

/** The key of the host that a spec names, even if the spec is not valid otherwise. */
export function hostKeyOf({ metadata, spec }: ContainerUpdateObject): string {
  const parsed = parseUpdateSpec(spec);
  return `${metadata.namespace}/${parsed.ok ? parsed.value.hostRef.name : ""}`;
}
