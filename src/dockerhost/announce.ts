import type { DockerHostObject } from "../api/docker-host.ts";
import type { Failure } from "../api/failure.ts";
import type { Logger } from "../common/logger.ts";
import type { NetworkDetails } from "./network-details.ts";
import type { HostEvent, Resources } from "./ports.ts";

export interface Announcer {
  readonly resources: Resources;
  readonly logger: Logger;
  /** The log's constant words. */
  readonly message: string;
  /** What the events hide, and the log does not. */
  readonly details: Pick<NetworkDetails, "reveal">;
}

/**
 * Tells of each event, in the object's events and in the log. Call it once the status is stored: nobody hears of a
 * state that never was.
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
 * Each attempt that failed, with what the system said of it: for those who look closer, since only changes are
 * announced. A mistake of this program is an error that somebody has to see.
 */
export function logFailure(logger: Logger, message: string, { reason, message: detail, cause }: Failure): void {
  const fields = { reason, detail, ...(cause !== undefined && { error: cause }) };
  if (reason === "InternalError") logger.error(message, fields);
  else logger.debug(message, fields);
}
