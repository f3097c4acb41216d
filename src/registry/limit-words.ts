import type { IncomingHttpHeaders } from "node:http";
import { parseRemaining } from "./rate-limit-header.ts";

/** An answer with which a registry or its token service may refuse further requests for some time. */
export interface LimitingAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined if it was too large to be read. */
  readonly body: Buffer | undefined;
}

/** The error code of the distribution API, and the texts of registries and of the proxies in front of them. */
const WORDS = /\bTOO_?MANY_?REQUESTS\b|\btoo many requests\b|\brate[ _-]?limit|\b(?:quota|rate) exceeded\b/i;
/** The text of an error is at its beginning. */
const MAX_BYTES = 4_096;
/** Each of these statuses has a meaning of its own, whatever the body says. */
const OTHERS: ReadonlySet<number> = new Set([401, 404]);

/**
 * Whether the answer means that there were too many requests. Not only 429 does: GitHub and Google send 403, and a
 * registry that is overloaded or in maintenance sends 503 with Retry-After.
 */
export function isLimited({ status, headers, body }: LimitingAnswer): boolean {
  if (status === 429) return true;
  if (status === 503) return headers["retry-after"] !== undefined;
  if (status < 400 || status >= 500 || OTHERS.has(status)) return false;
  const says = WORDS.test(body?.toString("latin1", 0, MAX_BYTES) ?? "");
  return says || (status === 403 && (headers["retry-after"] !== undefined || isUsedUp(headers)));
}

/** Whether a limit is used up, according to the headers of Docker Hub and GitHub. */
function isUsedUp(headers: IncomingHttpHeaders): boolean {
  return [headers["ratelimit-remaining"], headers["x-ratelimit-remaining"]].some(
    (header) => parseRemaining(header)?.requests === 0,
  );
}
