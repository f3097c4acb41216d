import type { ContainerUpdateObject } from "../api/container-update.ts";
import type { ContainerUpdateStatus } from "../api/container-update-status.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { Logger } from "../common/logger.ts";
import type { NetworkDetails } from "../dockerhost/network-details.ts";
import type { Resources } from "../dockerhost/ports.ts";
import type { PhaseReport } from "./phase-report.ts";
import type { ContainerUpdates } from "./update-ports.ts";

export interface UpdateNews {
  readonly update: ContainerUpdateObject;
  readonly host: DockerHostObject | undefined;
  readonly report: PhaseReport;
  readonly updates: Pick<ContainerUpdates, "recordEvent">;
  readonly hosts: Pick<Resources, "recordEvent">;
  readonly logger: Logger;
  /** What the events hide and the log does not. */
  readonly details?: Pick<NetworkDetails, "reveal">;
}

/** Announces a new phase in the events of the update and of its host, and in the log. Call it after the status is stored. */
export function announceUpdate({ update, host, report, updates, hosts, logger, details }: UpdateNews): void {
  const { phase, state, reason, message } = report;
  const isBad = state === "blocked" || state === "ended" || phase === "RollingBack";
  const event = { type: isBad ? "Warning" : "Normal", reason, action: "UpdateContainer" } as const;
  updates.recordEvent(update, { ...event, message });
  if (host !== undefined) {
    hosts.recordEvent(host, { ...event, message: `ContainerUpdate ${update.metadata.name}: ${message}` });
  }
  const fields = { phase, reason, detail: details?.reveal(message) ?? message };
  if (isBad) logger.warn("Container update changed", fields);
  else logger.info("Container update changed", fields);
}

/** Whether a report says anything that the status did not. */
export function isNews(before: ContainerUpdateStatus | undefined, { phase, reason }: PhaseReport): boolean {
  const ready = before?.conditions?.find(({ type }) => type === "Ready");
  return before?.phase !== phase || ready?.reason !== reason;
}
