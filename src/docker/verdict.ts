import type { Reason } from "../api/reasons.ts";

/** What an error of a connection means. */
export interface Verdict {
  readonly reason: Reason;
  /** Why, and after a semicolon the next step. */
  readonly why: string;
}

export function notDocker(): Verdict {
  return {
    reason: "NotADockerEndpoint",
    why: "what answers there is no Docker daemon; correct the address or the port",
  };
}

/** Words of others, on one line and short enough for a condition. */
export function shorten(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 200);
}
