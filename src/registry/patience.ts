import type { Outcome } from "../api/failure.ts";
import { type Clock, sleep } from "../common/clock.ts";
import { parseRetryAfter } from "../common/retry-after.ts";
import type { LimitingAnswer } from "./limit-words.ts";

/** A registry that asks for a longer wait is tried again later, so that others need not wait for it. */
const MAX_PAUSE_MS = 5_000;
const MIN_PAUSE_MS = 1_000;

/**
 * Sends a request once more if a server that is briefly unavailable asks for a short wait, with 503 and Retry-After.
 * Rejects with the reason of the signal.
 */
export async function sendPatiently<T extends LimitingAnswer>(
  send: () => Promise<Outcome<T>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const sent = await send();
  const pause = sent.ok ? pauseOf(sent.value, clock.now()) : undefined;
  if (pause === undefined) return sent;
  await sleep(clock, pause, signal);
  signal.throwIfAborted();
  return await send();
}

function pauseOf({ status, headers }: LimitingAnswer, now: number): number | undefined {
  if (status !== 503) return undefined;
  const at = parseRetryAfter(headers["retry-after"], now);
  return at === undefined || at - now > MAX_PAUSE_MS ? undefined : Math.max(at - now, MIN_PAUSE_MS);
}
