import type { ConditionType, KindName } from "../condition-types.ts";

/**
 * One row of the table of reasons. The same word appears in the condition, the event, the metric and the docs.
 */
export interface ReasonEntry {
  /** The kind whose objects have it. The default is DockerHost. A reason that several kinds share names the first. */
  readonly kind?: KindName;
  /** The condition that shows it first; Ready repeats what makes it False. */
  readonly condition: ConditionType;
  /**
   * How the attempt ended.
   * ok: it did not fail. waiting: a Kubernetes object is missing and may still be created. stalled: a Kubernetes
   * object is wrong, and only its owner can fix it. failed: the connection failed, which may resolve itself.
   */
  readonly outcome: "ok" | "waiting" | "stalled" | "failed";
  /**
   * backoff: with increasing delay. interval: at the normal interval, since retrying earlier would not help. items: as the
   * reasons of the failed items say. none: only after a change. never: the object is finished, and another one is needed.
   */
  readonly retry: "none" | "backoff" | "interval" | "items" | "never";
  /** For the docs. */
  readonly meaning: string;
  readonly cause: string;
  /** The next step, which also ends the message in a status: it names fields of the spec and Secrets. */
  readonly fix: string;
  /** The next step for somebody who names a host by flags, where there is no Secret or field to change. */
  readonly fixByFlags?: string;
}
