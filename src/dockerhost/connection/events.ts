import { type ConditionVerdict, findCondition } from "../../api/conditions.ts";
import type { Condition, DockerHostStatus } from "../../api/status.ts";
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
  const wasReady = lastWord(before.conditions);
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

/**
 * What was last found out of the host. A pass over a new generation that was cut short has left its mark on Ready alone:
 * the conditions that it did not come to tell what was there before, and has been told.
 */
function lastWord(conditions: DockerHostStatus["conditions"]): Pick<Condition, "status" | "reason"> | undefined {
  const ready = findCondition(conditions, "Ready");
  if (ready?.reason !== "Progressing") return ready;
  const [credentials, connected] = [
    findCondition(conditions, "CredentialsValid"),
    findCondition(conditions, "Connected"),
  ];
  if (connected?.status === "True") return { status: "True", reason: "Succeeded" };
  return [credentials, connected].find((condition) => condition?.status === "False");
}
