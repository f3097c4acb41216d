import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { Outcome } from "../../src/api/failure.ts";
import type { Random } from "../../src/common/random.ts";
import { success } from "../../src/common/result.ts";
import { ContainerUpdateReconciler } from "../../src/containerupdate/reconciler.ts";
import type { ContainerUpdates } from "../../src/containerupdate/update-ports.ts";
import type { EngineDescription } from "../../src/replacement/request.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import type { Leadership } from "../../src/runtime/leadership.ts";
import type { StatusSave } from "../../src/runtime/objects.ts";
import { RunControl } from "../../src/runtime/run.ts";
import type { MemoryUpdates } from "./container-update.ts";
import { FakeClock } from "./fake-clock.ts";
import type { InstantClock } from "./instant-clock.ts";
import { intercepted } from "./intercepted.ts";
import type { MemoryDaemon } from "./memory-daemon.ts";
import { MemoryLogger } from "./memory-logger.ts";

type Send = () => Promise<Outcome<unknown>>;
type Save = () => Promise<StatusSave>;

/** The cluster and the daemon around a process. */
export interface Surroundings {
  readonly daemon: MemoryDaemon;
  readonly updates: MemoryUpdates;
  readonly clock: InstantClock;
  readonly host: DockerHostObject | undefined;
  readonly engine?: EngineDescription;
  /** By default, always the same number. */
  readonly random?: Random;
}

/** Everything that the process asks for outside of itself passes these. */
export interface Passages {
  readonly request: (send: Send, isChange: boolean) => ReturnType<Send>;
  readonly save?: (save: Save) => ReturnType<Save>;
}

/** One process, which carries out updates until it resigns. */
export class ControllerProcess {
  readonly #world: Surroundings;
  readonly #reconciler: ContainerUpdateReconciler;
  readonly #leadership: Leadership;

  constructor(world: Surroundings, transitions: number, { request, save = (send) => send() }: Passages) {
    this.#world = world;
    this.#leadership = { isLeader: true, transitions, lease: "lease-1" };
    const { updates, daemon, clock } = world;
    const ports = daemon.ports();
    this.#reconciler = new ContainerUpdateReconciler({
      updates: savedThrough(updates, save),
      hosts: {
        getHost: (key) => (world.host !== undefined && keyOf(world.host) === key ? world.host : undefined),
        recordEvent: () => undefined,
      },
      isEnabled: true,
      isSharded: false,
      openDaemon: async () =>
        success({
          open: () => intercepted(ports.open(), (_, send, isChange) => request(send, isChange)),
          engine: world.engine ?? ports.engine,
          loginFor: async () => success({}),
        }),
      mayHaveHost: (uid) => uid === world.host?.metadata.uid,
      checkHost: () => undefined,
      wake: () => undefined,
      clock,
      random: world.random ?? (() => 0.5),
    });
    updates.store.subscribe(({ key }) => this.#reconciler.noticed(key));
  }

  get isLeader(): boolean {
    return this.#leadership.isLeader;
  }

  resign(): void {
    Object.assign(this.#leadership, { isLeader: false, transitions: undefined });
  }

  /** Works on an update once, and waits as long as it would until the next time. */
  async reconcile(key: string): Promise<void> {
    const timeless = new FakeClock();
    const stopping = new AbortController().signal;
    const options = { what: key, deadlineMs: 60_000, clock: timeless, stopping, yieldWorker: () => undefined };
    using run = new RunControl({ ...options, leadership: this.#leadership });
    await this.#reconciler.reconcile(key, run.signal, new MemoryLogger(), run);
  }

  /** Waits for the shortest time after which an interrupted update is continued. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => this.#world.clock.after(2_000, resolve));
  }
}

function savedThrough(updates: MemoryUpdates, through: (save: Save) => ReturnType<Save>): ContainerUpdates {
  return {
    get: (key) => updates.get(key),
    list: () => updates.list(),
    saveStatus: (object, _, ...args) => through(() => updates.saveStatus(object, "replacement", ...args)),
    recordEvent: (...args) => updates.recordEvent(...args),
    own: (update, host) => updates.own(update, host),
    remove: (update) => updates.remove(update),
  };
}
