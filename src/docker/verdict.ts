import type { Reason } from "../api/reasons.ts";

/** What an error of a connection means. */
export interface Verdict {
  readonly reason: Reason;
  /** Why, without the next step. */
  readonly why: string;
  /** The next step, where what was found allows better advice than the table of reasons has. */
  readonly next?: string;
}

export function notDocker(): Verdict {
  return { reason: "NotADockerEndpoint", why: "what answers there is not a Docker daemon" };
}
