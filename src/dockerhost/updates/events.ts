import { type ConditionVerdict, findCondition } from "../../api/conditions.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { UpdateItem } from "../../updates/report.ts";
import type { HostEvent } from "../ports.ts";

const MAX_NAMED = 5;

/** An update is told of once for each image and digest; a check that fails once, and once when it is well again. */
export function updateEvents(
  before: DockerHostStatus,
  verdicts: readonly ConditionVerdict[],
  items: readonly UpdateItem[],
): HostEvent[] {
  const events: HostEvent[] = [];
  const succeeded = verdicts.find(({ type }) => type === "UpdateCheckSucceeded");
  const was = findCondition(before.conditions, "UpdateCheckSucceeded");
  const failed = succeeded?.status === "False" && (was?.status !== "False" || was.reason !== succeeded.reason);
  const recovered = succeeded?.status === "True" && was?.status === "False";
  if (succeeded !== undefined && (failed || recovered)) {
    const type = failed ? "Warning" : "Normal";
    events.push({ type, reason: succeeded.reason, action: "CheckUpdates", message: succeeded.message });
  }
  const known = new Set((before.updates?.items ?? []).map(({ image, available }) => `${image} ${available}`));
  const found = items.filter(
    ({ verdict, image, available }) => verdict === "Outdated" && !known.has(`${image} ${available}`),
  );
  if (found.length > 0) {
    const names = found
      .slice(0, MAX_NAMED)
      .map(({ container, image, available }) => `${container} (${image} is now ${available})`);
    const more = found.length > MAX_NAMED ? ` and ${found.length - MAX_NAMED} more` : "";
    events.push({
      type: "Normal",
      reason: "UpdatesFound",
      action: "CheckUpdates",
      message: `Outdated: ${names.join(", ")}${more}`,
    });
  }
  return events;
}
