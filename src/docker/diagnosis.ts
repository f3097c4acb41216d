import type { Reason } from "../api/reasons.ts";
import type { Advice } from "../api/surface.ts";

/** What an error of a connection means. */
export interface Diagnosis {
  readonly reason: Reason;
  /** Why it happened, without the next step. */
  readonly why: string;
  /** The next step, if the cause allows more specific advice than the table of reasons. */
  readonly next?: Advice;
}

export function notDocker(): Diagnosis {
  return { reason: "NotADockerEndpoint", why: "what answers there is not a Docker daemon" };
}
