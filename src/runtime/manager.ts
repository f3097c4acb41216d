import { type Clock, sleep } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { formatDuration } from "../common/duration.ts";
import type { Logger } from "../common/logger.ts";
import { failure, type Result, success } from "../common/result.ts";
import type { Controller } from "./controller.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { KubeObject } from "./kube-object.ts";
import type { LeaderElector } from "./leader-election/leader-elector.ts";
import type { Reflector } from "./reflector.ts";

/** A collection that is followed. */
export type FollowedCollection = Pick<
  Reflector<KubeObject>,
  "path" | "isDispensable" | "isCurrent" | "run" | "settled" | "synced" | "refresh" | "forget"
>;

export interface ManagerOptions {
  readonly reflectors: readonly FollowedCollection[];
  readonly controllers: readonly Pick<Controller, "run">[];
  readonly recorder: Pick<EventRecorder, "flush">;
  /**
   * Set if several processes share the work: only one of them runs its workers, while the others keep their stores
   * current.
   */
  readonly election?: Pick<LeaderElector, "run" | "elected">;
  /** Resolves when this process may lead. If it rejects, everything ends, and runManager rejects with its reason. */
  readonly permitted?: Promise<void>;
  /** Makes what only the workers need, once the collections have been listed and before this process may lead. */
  readonly prepare?: (() => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long it may take until the first collection has been listed. The default is 2 min. */
  readonly syncTimeoutMs?: number;
  /** The same limit for a new leader, which keeps others from leading meanwhile. The default is 30 s. */
  readonly beginTimeoutMs?: number;
}

const FLUSH_MS = 5_000;
/** How long listed collections wait for others that have neither been listed nor failed. */
const PATIENCE_MS = 10_000;

/**
 * Runs the parts of a controller process in the right order: no worker starts before this process leads and has listed
 * what it may list. A collection that cannot be listed stops nobody: it joins once it can be. When the signal fires the
 * workers end first, the lease is released, then the watches end, and finally pending events are written. A process
 * that can list nothing ends, and releases the lease. A failure is a sentence for the user.
 */
export async function runManager(options: ManagerOptions, signal: AbortSignal): Promise<Result<void, string>> {
  const { reflectors, controllers, recorder, election, permitted, prepare, clock, logger } = options;
  const { syncTimeoutMs = 120_000, beginTimeoutMs = 30_000 } = options;
  const caches = new AbortController();
  const watching = Promise.all(reflectors.map((reflector) => reflector.run(caches.signal)));
  const ending = new AbortController();
  let campaigning: Promise<void> | undefined;
  const list = async (attempt: Attempt, timeoutMs: number): Promise<Result<void, string>> => {
    using deadline = startDeadline(AbortSignal.any([signal, ending.signal]), "the lists", timeoutMs, clock);
    return (await listWhatMayBe(reflectors, attempt, clock, deadline.signal))
      ? success(undefined)
      : failure(`No collection could be listed within ${formatDuration(timeoutMs)}.`);
  };
  try {
    const [filled] = await Promise.all([list((reflector, end) => reflector.settled(end), syncTimeoutMs), permitted]);
    if (signal.aborted) return success(undefined);
    if (!filled.ok) return filled;
    logger.info("The stores are filled");
    await prepare?.();
    if (signal.aborted) return success(undefined);
    campaigning = election?.run(ending.signal);
    if (election !== undefined) {
      if (!(await election.elected(signal))) return success(undefined);
      // What the previous leader wrote last may not have reached our stores yet.
      const refreshed = await list((reflector, end) => reflector.refresh(end), beginTimeoutMs);
      if (signal.aborted) return success(undefined);
      if (!refreshed.ok)
        return failure(`${refreshed.failure} The lease is released, so that another process can lead.`);
    }
    const missing = reflectors.filter(({ isCurrent }) => !isCurrent);
    for (const reflector of missing) reflector.forget();
    if (missing.length > 0)
      logger.warn("Some collections cannot be listed; they join once they can", {
        paths: missing.map(({ path }) => path),
      });
    logger.info("Starting the workers");
    await Promise.all(controllers.map((controller) => controller.run(signal)));
    return success(undefined);
  } finally {
    ending.abort();
    await campaigning;
    caches.abort();
    await watching;
    using deadline = startDeadline(new AbortController().signal, "flushing events", FLUSH_MS, clock);
    await recorder.flush(deadline.signal);
    logger.info("Everything has stopped");
  }
}

type Attempt = (reflector: FollowedCollection, signal: AbortSignal) => Promise<boolean>;

/**
 * Waits until one of the collections that the program needs has been listed, and until each of the others has been
 * listed or has failed to be; but not long for one that does not answer. Resolves to false if the signal fires before
 * the first.
 */
async function listWhatMayBe(
  reflectors: readonly FollowedCollection[],
  attempt: Attempt,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const attempts = Promise.all(reflectors.map((reflector) => attempt(reflector, signal)));
  const needed = reflectors.filter(({ isDispensable }) => !isDispensable);
  if (needed.length === 0) {
    await attempts;
    return !signal.aborted;
  }
  const first = Promise.race(needed.map((reflector) => reflector.synced(signal)));
  const tried = new AbortController();
  const patience = first.then(() => sleep(clock, PATIENCE_MS, AbortSignal.any([signal, tried.signal])));
  await Promise.race([attempts, patience]);
  tried.abort();
  await first;
  return needed.some(({ isCurrent }) => isCurrent);
}
