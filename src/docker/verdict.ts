import type { Reason } from "../api/reasons.ts";
import { truncate } from "../common/truncate.ts";

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

/** Words of others, on one line and short enough for a condition. */
export function shorten(text: string): string {
  return truncate(text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim(), 200);
}
