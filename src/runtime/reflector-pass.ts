import type { ApiFailure } from "./api-error.ts";
import type { RestartCause } from "./observers.ts";

/** The result of a list or a watch. Without a version, a list follows. */
export interface Pass {
  readonly version: string | undefined;
  readonly failure?: ApiFailure;
  /** Set for a watch that ended without a failure. */
  readonly ended?: RestartCause;
}

/** What a list contained. */
export interface Listed<T> {
  readonly objects: readonly T[];
  readonly version: string;
  /** Whether `objects` are all that were listed. */
  readonly isComplete: boolean;
}

/** After a version that is too old or an invalid line, only a new list helps. */
export function broken(version: string, failure: ApiFailure): Pass {
  const relist = failure.kind === "Gone" || failure.kind === "BadResponse" || failure.kind === "TooLarge";
  return { version: relist ? undefined : version, failure };
}

/**
 * A server that could not be reached may have been restored from a backup meanwhile. It would wait silently for our
 * version, which is in its future, so a list is needed. A server that asks the client to wait is still the same.
 */
export function unopened(version: string, failure: ApiFailure): Pass {
  const isSame = failure.kind === "TooManyRequests" || failure.kind === "Unauthorized" || failure.kind === "Aborted";
  return { version: isSame ? version : undefined, failure };
}
