import type { IncomingHttpHeaders } from "node:http";
import type { Failure } from "../api/failure.ts";
import { toTimestamp } from "../common/clock.ts";
import { registryFailure } from "./failures.ts";
import { parseRetryAfter } from "./retry-after.ts";

/**
 * What a status that is no success means, apart from the 401 of a challenge. `host` is who answered, `what` what was
 * asked for, as in "the image team/app:1". `now` is the wall clock.
 */
export function statusFailure(
  answer: { readonly status: number; readonly headers: IncomingHttpHeaders },
  host: string,
  what: string,
  now: number,
): Failure {
  const { status } = answer;
  if (status === 401 || status === 403) {
    return registryFailure("RegistryAccessDenied", host, `access to ${what} is denied (${status})`);
  }
  if (status === 404) return registryFailure("ImageNotFound", host, `${what} is not there (404)`);
  if (status === 429) return rateLimited(host, parseRetryAfter(answer.headers["retry-after"], now));
  if (status >= 500) return registryFailure("RegistryServerError", host, `it answered ${status} for ${what}`);
  return registryFailure("RegistryBadResponse", host, `it answered ${status} for ${what}, which no registry should`);
}

/** `retryAt`: wall-clock milliseconds; undefined where the registry did not say and the caller decides. */
export function rateLimited(host: string, retryAt: number | undefined): Failure {
  const next = retryAt === undefined ? "" : `; the next request is made after ${toTimestamp(retryAt)}`;
  const failed = registryFailure("RegistryRateLimited", host, `its rate limit is used up (429)${next}`);
  return retryAt === undefined ? failed : { ...failed, retryAt };
}
