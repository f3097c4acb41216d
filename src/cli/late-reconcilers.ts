import { setImmediate } from "node:timers/promises";
import type { UpdateQueueOptions } from "../containerupdate/update-queue.ts";
import type { FleetOptions } from "../dockerhost/fleet.ts";
import type { ControllerReconcilers } from "./controller-reconcilers.ts";

type Code = typeof import("./controller-reconcilers.ts");

/**
 * The code of the reconcilers, in parts of which a later one may import an earlier one, the smallest first. Loading a part blocks
 * the event loop, so probes get a turn after each.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import("../registry/client.ts"),
  () => import("../docker/engine-session.ts"),
  () => import("./reconcilers.ts"),
];

/**
 * The reconcilers of a controller, which are made when it is ready, because their code is as large as all that it needs until then.
 * The queues exist from the start, and run nothing before.
 */
export class LateReconcilers implements Disposable {
  readonly #create: (code: Code) => ControllerReconcilers;
  #made: ControllerReconcilers | undefined;

  readonly ofHosts: Pick<FleetOptions, "connection" | "updates" | "containers" | "readings"> = {
    connection: {
      reconcile: (key, signal, logger) => this.#reconcilers.hosts.connection.reconcile(key, signal, logger),
    },
    updates: {
      reconcile: (...run) => this.#reconcilers.hosts.updates.reconcile(...run),
      checkAgain: (key) => this.#reconcilers.hosts.updates.checkAgain(key),
      containersChanged: (key) => this.#reconcilers.hosts.updates.containersChanged(key),
    },
    containers: { takeChanged: (key) => this.#reconcilers.hosts.containers.takeChanged(key) },
    readings: {
      // A Secret can change before anything has read it.
      hasRead: (...asked) => this.#made?.hosts.readings.hasRead(...asked) ?? false,
      compare: (...asked) => this.#reconcilers.hosts.readings.compare(...asked),
    },
  };
  readonly ofUpdates: UpdateQueueOptions["reconciler"] = {
    reconcile: (...run) => this.#reconcilers.updates.reconcile(...run),
    noticed: (key) => this.#made?.updates.noticed(key),
  };

  constructor(create: (code: Code) => ControllerReconcilers) {
    this.#create = create;
  }

  async make(): Promise<void> {
    for (const load of PARTS) {
      await load();
      await setImmediate();
    }
    this.#made = this.#create(await import("./controller-reconcilers.ts"));
  }

  [Symbol.dispose](): void {
    this.#made?.hosts[Symbol.dispose]();
  }

  get #reconcilers(): ControllerReconcilers {
    if (this.#made === undefined) throw new Error("a run began before the reconcilers were made");
    return this.#made;
  }
}
