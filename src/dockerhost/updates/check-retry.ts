import { type Reason, reasonEntry } from "../../api/reasons.ts";
import type { UpdateOutcome } from "./update-pass.ts";

/**
 * When a check with this outcome is repeated, according to the table of reasons: `ordinary` at its own interval or
 * schedule, `connection` at the interval of the connection that failed, and `backoff` with increasing delay.
 */
export type CheckRetry = "ordinary" | "connection" | "backoff";

/** If several reasons disagree, the one that may disappear first decides. */
export function checkRetry(outcome: UpdateOutcome): CheckRetry {
  const retries = reasonsOf(outcome).map(retryOf);
  return retries.find((retry) => retry === "backoff") ?? retries.find((retry) => retry === "connection") ?? "ordinary";
}

function reasonsOf(outcome: UpdateOutcome): readonly Reason[] {
  if (outcome.kind === "failed") return [outcome.failure.reason];
  const { failures, tagFailures } = outcome.report;
  return [...failures, ...tagFailures].map(({ reason }) => reason);
}

function retryOf(reason: Reason): CheckRetry {
  const { retry, condition } = reasonEntry(reason);
  if (retry === "backoff") return "backoff";
  return condition === "UpdateCheckSucceeded" || condition === "UpdatesAvailable" ? "ordinary" : "connection";
}
