import type { Failure } from "../api/failure.ts";
import { registryFailure } from "./registry-failure.ts";

/**
 * Explains a status that is not a success, apart from the 401 of a challenge and the 429 of a rate limit.
 * @param host who answered
 * @param what what was requested, as in "the image team/app:1"
 */
export function statusFailure(status: number, host: string, what: string): Failure {
  if (status === 401 || status === 403) {
    return registryFailure("RegistryAccessDenied", host, `access to ${what} is denied (${status})`);
  }
  if (status === 404) return registryFailure("ImageNotFound", host, `${what} is not there (404)`);
  if (status >= 500) return registryFailure("RegistryServerError", host, `it answered ${status} for ${what}`);
  return registryFailure("RegistryBadResponse", host, `it answered ${status} for ${what}, which no registry should`);
}
