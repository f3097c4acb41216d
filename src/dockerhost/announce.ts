import type { DockerHostObject } from "../api/docker-host.ts";
import type { Failure } from "../api/failure.ts";
import type { Logger } from "../common/logger.ts";
import type { NetworkDetails } from "./network-details.ts";
import type { HostEvent, Resources } from "./ports.ts";

export interface Announcer {
  readonly resources: Resources;
  readonly logger: Logger;
  /** The constant texts of the log. */
  readonly message: string;
  /** What the events hide and the log does not. */
  readonly details: Pick<NetworkDetails, "reveal">;
}

/**
 * Announces each event, in the object's events and in the log. Call it after the status is stored, so that nobody sees
 * an event about a state that was never stored.
 */
export function announce(
  host: DockerHostObject,
  events: readonly HostEvent[],
  { resources, logger, message, details }: Announcer,
): void {
  for (const event of events) {
    resources.recordEvent(host, event);
    const fields = {
      reason: event.reason,
      detail: details.reveal(event.message),
      generation: host.metadata.generation,
    };
    if (event.type === "Normal") logger.info(message, fields);
    else logger.warn(message, fields);
  }
}

/**
 * Logs each failed attempt with the system's error, for people who need details: only changes are announced. A mistake
 * in this program is logged as an error, because somebody has to see it.
 */
export function logFailure(logger: Logger, message: string, { reason, message: detail, cause }: Failure): void {
  const fields = { reason, detail, ...(cause !== undefined && { error: cause }) };
  if (reason === "InternalError") logger.error(message, fields);
  else logger.debug(message, fields);
}
