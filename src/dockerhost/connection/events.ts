import { type ConditionVerdict, findCondition } from "../../api/conditions.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { daysLeft } from "../../common/days-left.ts";
import type { HostEvent } from "../ports.ts";

/**
 * One event for each change that a person wants to be told of; never one for what goes on as it was.
 * @param now wall-clock milliseconds
 */
export function connectionEvents(
  before: DockerHostStatus,
  verdicts: readonly ConditionVerdict[],
  description: Pick<DockerHostStatus, "warnings" | "certificates">,
  now: number,
): HostEvent[] {
  const events: HostEvent[] = [];
  const ready = verdicts.find(({ type }) => type === "Ready");
  const wasReady = findCondition(before.conditions, "Ready");
  if (ready !== undefined && (wasReady?.status !== ready.status || wasReady.reason !== ready.reason)) {
    const type = ready.status === "True" ? "Normal" : "Warning";
    events.push({ type, reason: ready.reason, action: "Connect", message: ready.message });
  }
  for (const warning of description.warnings ?? []) {
    if (before.warnings?.includes(warning) === true) continue;
    events.push({ type: "Warning", reason: "EndpointWarning", action: "Connect", message: warning });
  }
  const expiring = verdicts.find(({ type }) => type === "CertificateExpiring");
  const wasExpiring = findCondition(before.conditions, "CertificateExpiring");
  // Its words are others when another certificate comes to its end as well, or this one is past it.
  if (expiring?.status === "True" && (wasExpiring?.status !== "True" || wasExpiring.message !== expiring.message)) {
    // An event is of one moment: it may count the days.
    const message = `${expiring.message} (${daysLeft(description.certificates?.nextExpiry ?? "", now)})`;
    events.push({ type: "Warning", reason: expiring.reason, action: "Connect", message });
  }
  return events;
}
