import { Registry } from "prom-client";
import type { DockerHostObject } from "../../api/docker-host.ts";
import type { Clock } from "../../common/clock.ts";
import type { ContainerUpdateObserver } from "../../containerupdate/update-ports.ts";
import type { HostObserver } from "../../dockerhost/host-observer.ts";
import type { NotifierState, NotifyObserver } from "../../notify/notify-observer.ts";
import type { RegistryObserver } from "../../registry/registry-observer.ts";
import type { ReflectorObserver, RequestObserver, RuntimeObserver } from "../../runtime/observers.ts";
import type { Store } from "../../runtime/store.ts";
import {
  observeReflector,
  observeRequests,
  sampleLastEventAge,
  sampleLeadership,
  sampleWatchFailing,
} from "./api-metrics.ts";
import { observeHosts } from "./host-metrics.ts";
import { MetricSet } from "./metric-set.ts";
import { observeNotifications, sampleNotifier } from "./notify-metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { observeQueue } from "./queue-metrics.ts";
import { observeController } from "./reconcile-metrics.ts";
import { observeRegistries } from "./registry-metrics.ts";
import { observeUpdates } from "./update-metrics.ts";

/** All metrics of one process. The code that creates a component calls the matching method once to get its observer. */
export class Metrics implements RuntimeObserver {
  readonly #registry = new Registry();
  readonly #set = new MetricSet(this.#registry);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds the metrics of the process and of Node.js. */
  process(): void {
    addProcessMetrics(this.#registry);
  }

  /** Renders the text that Prometheus scrapes. */
  async text(): Promise<string> {
    return await this.#set.text();
  }

  queue(controller: string) {
    return observeQueue(this.#set, controller, this.#clock);
  }

  controller(name: string, workers: number) {
    return observeController(this.#set, name, workers);
  }

  reflector(kind: string): ReflectorObserver {
    return observeReflector(this.#set, kind);
  }

  /** @param age milliseconds since the server last sent anything about this kind */
  lastEventAge(kind: string, age: () => number | undefined): void {
    sampleLastEventAge(this.#set, kind, age);
  }

  /** @param namespace empty for all namespaces */
  watchFailing(kind: string, namespace: string, isFailing: () => boolean): void {
    sampleWatchFailing(this.#set, { kind, watched_namespace: namespace }, isFailing);
  }

  leadership(lease: string, isLeader: () => boolean): void {
    sampleLeadership(this.#set, lease, isLeader);
  }

  /** @param server the API server's URL */
  requests(server: string): RequestObserver {
    return observeRequests(this.#set, server);
  }

  /** @param isLeader whether this process reports the hosts; by default, it always does */
  hosts(store: Store<DockerHostObject>, isLeader: () => boolean = () => true): HostObserver {
    return observeHosts(this.#set, store, isLeader, this.#clock);
  }

  containerUpdates(): ContainerUpdateObserver {
    return observeUpdates(this.#set);
  }

  notifications(): NotifyObserver {
    return observeNotifications(this.#set);
  }

  /** @param isLeader whether this process reports the state; by default, it always does */
  notifier(state: NotifierState, isLeader: () => boolean = () => true): void {
    sampleNotifier(this.#set, state, isLeader);
  }

  registries(): RegistryObserver {
    return observeRegistries(this.#set, this.#clock);
  }
}
