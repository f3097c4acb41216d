import type { Outcome } from "../../api/failure.ts";
import { sleep } from "../../common/clock.ts";
import { type Recovered, recover } from "../../replacement/recover.ts";
import type { ReplacementPorts } from "../../replacement/request.ts";

const POLL_MS = 2_000;

/** Finds the unfinished updates on a daemon, without changing anything. */
export async function findUnfinished(ports: ReplacementPorts): Promise<Outcome<readonly Recovered[]>> {
  return await recover({ ...ports, mayChange: () => false });
}

/** Whether another program has begun it. That program then has to finish or undo it. */
export function isForeign({ result }: Recovered): boolean {
  return result.kind === "Busy";
}

/**
 * Waits for an update that another command may still be carrying out. Resolves as soon as no update is unfinished, or
 * after this time to the unfinished updates.
 */
export async function awaitUnfinished(
  ports: ReplacementPorts,
  ms: number,
  signal: AbortSignal,
): Promise<Outcome<readonly Recovered[]>> {
  const until = ports.clock.monotonic() + ms;
  for (;;) {
    const found = await findUnfinished(ports);
    if (!found.ok || found.value.length === 0 || ports.clock.monotonic() >= until) return found;
    await sleep(ports.clock, POLL_MS, signal);
    signal.throwIfAborted();
  }
}
