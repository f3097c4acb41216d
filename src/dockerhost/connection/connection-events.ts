import { type ConditionContent, findCondition } from "../../api/conditions.ts";
import type { Condition, DockerHostStatus } from "../../api/status.ts";
import { daysLeft } from "../../common/days-left.ts";
import type { HostEvent } from "../ports.ts";

/**
 * One event for each change that people want to know about, and none for a state that has not changed.
 * @param now wall-clock milliseconds
 */
export function connectionEvents(
  before: DockerHostStatus,
  contents: readonly ConditionContent[],
  description: Pick<DockerHostStatus, "warnings" | "certificates">,
  now: number,
): HostEvent[] {
  const events: HostEvent[] = [];
  const ready = contents.find(({ type }) => type === "Ready");
  const wasReady = lastWord(before.conditions);
  if (ready !== undefined && (wasReady?.status !== ready.status || wasReady.reason !== ready.reason)) {
    const type = ready.status === "True" ? "Normal" : "Warning";
    events.push({ type, reason: ready.reason, action: "Connect", message: ready.message });
  }
  for (const warning of description.warnings ?? []) {
    if (before.warnings?.includes(warning) === true) continue;
    events.push({ type: "Warning", reason: "EndpointWarning", action: "Connect", message: warning });
  }
  const expiring = contents.find(({ type }) => type === "CertificateExpiring");
  const wasExpiring = findCondition(before.conditions, "CertificateExpiring");
  // Its text changes when another certificate is about to expire, or this one has expired.
  if (expiring?.status === "True" && (wasExpiring?.status !== "True" || wasExpiring.message !== expiring.message)) {
    // An event describes one moment, so it may count the days.
    const message = `${expiring.message} (${daysLeft(description.certificates?.nextExpiry ?? "", now)})`;
    events.push({ type: "Warning", reason: expiring.reason, action: "Connect", message });
  }
  return events;
}

/**
 * The last finding about the host. A pass over a new generation that was interrupted has changed only Ready: the
 * conditions that it did not reach describe the earlier state, which was already announced.
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
