import { type DockerHostObject, FLUX_REQUESTED_AT, REQUESTED_AT } from "../api/docker-host.ts";

/** Values of the annotations that request a reconcile. Each is repeated in the status once it was handled. */
export interface Requests {
  readonly lastHandledRequestedAt?: string | undefined;
  readonly lastHandledReconcileAt?: string | undefined;
}

/** The maximum length of the value in the status; longer values are distinguished by their beginning. */
const MAX_TOKEN_LENGTH = 512;

/** The current request, in the form in which the status repeats it. */
export function handledRequests(host: DockerHostObject): {
  lastHandledRequestedAt?: string;
  lastHandledReconcileAt?: string;
} {
  const ours = host.metadata.annotations?.[REQUESTED_AT];
  const flux = host.metadata.annotations?.[FLUX_REQUESTED_AT];
  return {
    ...(ours === undefined ? {} : { lastHandledRequestedAt: echoOf(ours) }),
    ...(flux === undefined ? {} : { lastHandledReconcileAt: echoOf(flux) }),
  };
}

/** The API server would change half a character at the end, so the request would never count as handled. */
function echoOf(token: string): string {
  return token.slice(0, MAX_TOKEN_LENGTH).toWellFormed();
}

/** Whether there is a request that was not handled yet. An annotation that was removed is not a request. */
export function isRequested(host: DockerHostObject, handled: Requests | undefined): boolean {
  const asked = handledRequests(host);
  return (
    (asked.lastHandledRequestedAt !== undefined && asked.lastHandledRequestedAt !== handled?.lastHandledRequestedAt) ||
    (asked.lastHandledReconcileAt !== undefined && asked.lastHandledReconcileAt !== handled?.lastHandledReconcileAt)
  );
}
