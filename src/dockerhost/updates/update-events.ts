import { type ConditionContent, findCondition } from "../../api/conditions.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { FoundUpdate, UpdateItem } from "../../updates/check-report.ts";
import type { HostEvent } from "../ports.ts";

const MAX_NAMED = 5;

/** A failing check is announced once, and once more when it succeeds again; `news` says which updates are announced. */
export function updateEvents(
  before: DockerHostStatus,
  contents: readonly ConditionContent[],
  news: readonly FoundUpdate[],
): HostEvent[] {
  const events: HostEvent[] = [];
  const succeeded = contents.find(({ type }) => type === "UpdateCheckSucceeded");
  const was = findCondition(before.conditions, "UpdateCheckSucceeded");
  const failed = succeeded?.status === "False" && (was?.status !== "False" || was.reason !== succeeded.reason);
  const recovered = succeeded?.status === "True" && was?.status === "False";
  if (succeeded !== undefined && (failed || recovered)) {
    const type = failed ? "Warning" : "Normal";
    events.push({ type, reason: succeeded.reason, action: "CheckUpdates", message: succeeded.message });
  }
  const names = news.map(({ container, image, seen }) => `${container} (${image} is now ${seen.digest})`);
  return [...events, ...found("Outdated", names)];
}

/** A newer tag is announced if it differs from the one at the last check. */
export function newerTagEvents(before: DockerHostStatus, items: readonly UpdateItem[]): HostEvent[] {
  const known = new Set(
    (before.updates?.items ?? []).map(({ container, image, newerTag }) => `${container} ${image} ${newerTag?.tag}`),
  );
  const names = items.flatMap(({ container, image, newerTag }) =>
    newerTag === undefined || known.has(`${container} ${image} ${newerTag.tag}`)
      ? []
      : [`${container} (${image} has ${newerTag.tag}, ${newerTag.change.toLowerCase()})`],
  );
  return found("Newer tags", names);
}

function found(what: string, names: readonly string[]): HostEvent[] {
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  const message = `${what}: ${names.slice(0, MAX_NAMED).join(", ")}${more}`;
  return [{ type: "Normal", reason: "UpdatesFound", action: "CheckUpdates", message }];
}
