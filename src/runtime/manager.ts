import type { Clock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import type { Logger } from "../common/logger.ts";
import { failure, type Result, success } from "../common/result.ts";
import type { Controller } from "./controller.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { LeaderElector } from "./leader-election/leader-elector.ts";
import type { KubeObject } from "./object.ts";
import type { Reflector } from "./reflector.ts";

export interface ManagerOptions {
  readonly reflectors: readonly Pick<Reflector<KubeObject>, "run" | "synced" | "refresh">[];
  readonly controllers: readonly Pick<Controller, "run">[];
  readonly recorder: Pick<EventRecorder, "flush">;
  /** Given where several processes share the work: only one of them has its workers run, the others follow along. */
  readonly election?: Pick<LeaderElector, "run" | "elected">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the first lists may take; default 2 min. */
  readonly syncTimeoutMs?: number;
}

const FLUSH_MS = 5_000;

/**
 * Runs the parts of a controller process in the right order: no worker starts before the stores are full, and before
 * this process leads. When the signal fires the workers end first, the lease is given back, then the watches end, and
 * last of all what they had to tell is written. A failure is a sentence for the user.
 */
export async function runManager(options: ManagerOptions, signal: AbortSignal): Promise<Result<void, string>> {
  const { reflectors, controllers, recorder, election, clock, logger, syncTimeoutMs = 120_000 } = options;
  const caches = new AbortController();
  const watching = Promise.all(reflectors.map((reflector) => reflector.run(caches.signal)));
  const campaign = new AbortController();
  let campaigning: Promise<void> | undefined;
  try {
    if (!(await allSynced(reflectors, syncTimeoutMs, clock, signal))) {
      return signal.aborted ? success(undefined) : failure(`The first lists took longer than ${syncTimeoutMs} ms.`);
    }
    logger.info("The stores are filled");
    campaigning = election?.run(campaign.signal);
    if (election !== undefined) {
      if (!(await election.elected(signal))) return success(undefined);
      // What the leader before us wrote last may not have reached our stores yet.
      await Promise.all(reflectors.map((reflector) => reflector.refresh(signal)));
    }
    logger.info("Starting the workers");
    await Promise.all(controllers.map((controller) => controller.run(signal)));
    return success(undefined);
  } finally {
    campaign.abort();
    await campaigning;
    caches.abort();
    await watching;
    using deadline = startDeadline(new AbortController().signal, "flushing events", FLUSH_MS, clock);
    await recorder.flush(deadline.signal);
    logger.info("Everything has stopped");
  }
}

async function allSynced(
  reflectors: ManagerOptions["reflectors"],
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  using deadline = startDeadline(signal, "the first lists", timeoutMs, clock);
  const synced = await Promise.all(reflectors.map((reflector) => reflector.synced(deadline.signal)));
  return synced.every(Boolean);
}
