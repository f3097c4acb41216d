import type { Random } from "../common/random.ts";
import { Controller, type ControllerOptions } from "./controller.ts";
import type { RuntimeObserver } from "./observers.ts";
import { type Shares, WorkQueue } from "./work-queue.ts";

export interface QueuedControllerOptions extends Omit<ControllerOptions, "queue" | "workers" | "observer"> {
  readonly random: Random;
  /** How many keys are processed at the same time, and shared between namespaces. */
  readonly shares: Shares;
  readonly observer?: RuntimeObserver | undefined;
}

/**
 * A controller with a queue of its own, and one worker for each place of the queue whose key needs one: late keys and those
 * that only wait need none.
 */
export interface QueuedController {
  readonly controller: Controller;
  readonly queue: WorkQueue;
}

export function queuedController({ shares, random, observer, ...options }: QueuedControllerOptions): QueuedController {
  const { name, clock } = options;
  const workers = 2 * (shares.ordinary + shares.slow);
  const queue = new WorkQueue({ clock, random, observer: observer?.queue(name), shares });
  return {
    queue,
    controller: new Controller({ ...options, queue, workers, observer: observer?.controller(name, workers) }),
  };
}
