import { type ConditionVerdict, findCondition } from "../../api/conditions.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { FoundUpdate } from "../../updates/report.ts";
import type { HostEvent } from "../ports.ts";

const MAX_NAMED = 5;

/** A check that fails is told of once, and once when it is well again; an update as `news` says. */
export function updateEvents(
  before: DockerHostStatus,
  verdicts: readonly ConditionVerdict[],
  news: readonly FoundUpdate[],
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
  if (news.length > 0) {
    const names = news
      .slice(0, MAX_NAMED)
      .map(({ container, image, seen }) => `${container} (${image} is now ${seen.digest})`);
    const more = news.length > MAX_NAMED ? ` and ${news.length - MAX_NAMED} more` : "";
    events.push({
      type: "Normal",
      reason: "UpdatesFound",
      action: "CheckUpdates",
      message: `Outdated: ${names.join(", ")}${more}`,
    });
  }
  return events;
}
