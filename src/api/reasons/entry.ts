import type { ConditionType } from "../condition-types.ts";

/**
 * One row of the table of reasons. The same word appears in the condition, the event, the metric and the docs.
 */
export interface ReasonEntry {
  /** The condition that carries it first; Ready repeats what makes it False. */
  readonly condition: ConditionType;
  /**
   * What the reason makes of an attempt.
   * ok: not a failure. waiting: an object of the cluster is missing and may still come. stalled: an object of the
   * cluster is wrong, only its owner can mend it. failed: the wire shows it, it may mend itself.
   */
  readonly outcome: "ok" | "waiting" | "stalled" | "failed";
  /** backoff: soon, and ever later. interval: at the ordinary interval, since haste would not help. none: by a change only. */
  readonly retry: "none" | "backoff" | "interval";
  /** One sentence each, for the docs. */
  readonly meaning: string;
  readonly cause: string;
  readonly fix: string;
}
