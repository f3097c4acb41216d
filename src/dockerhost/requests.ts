import { type DockerHostObject, FLUX_REQUESTED_AT, REQUESTED_AT } from "../api/docker-host.ts";

/** Values of the annotations that ask for a reconcile, each echoed in the status once it was handled. */
export interface Requests {
  readonly lastHandledRequestedAt?: string | undefined;
  readonly lastHandledReconcileAt?: string | undefined;
}

/** Bound of the echo in the status; longer tokens are told apart by their beginning. */
const MAX_TOKEN_LENGTH = 512;

/** What is asked for now, in the form in which the status echoes it. */
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

/** Half a character at the end would come back from the API server as another text, and the request never count as handled. */
function echoOf(token: string): string {
  return token.slice(0, MAX_TOKEN_LENGTH).toWellFormed();
}

/** Whether something is asked for that was not handled yet. An annotation that was removed asks for nothing. */
export function isRequested(host: DockerHostObject, handled: Requests | undefined): boolean {
  const asked = handledRequests(host);
  return (
    (asked.lastHandledRequestedAt !== undefined && asked.lastHandledRequestedAt !== handled?.lastHandledRequestedAt) ||
    (asked.lastHandledReconcileAt !== undefined && asked.lastHandledReconcileAt !== handled?.lastHandledReconcileAt)
  );
}
