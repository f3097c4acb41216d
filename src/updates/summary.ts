import { MAX_MESSAGE_LENGTH } from "../api/condition-schema.ts";
import type { Reason } from "../api/reasons.ts";
import { truncate } from "../common/truncate.ts";
import {
  type CheckReport,
  type FailureGroup,
  isStillOutdated,
  type UnreadTagOf,
  type UpdateCounts,
  type UpdateItem,
} from "./check-report.ts";

/** The content of a condition, without its times. */
export interface ConditionContent {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  readonly message: string;
}

export interface CheckSummary {
  readonly UpdateCheckSucceeded: ConditionContent;
  readonly UpdatesAvailable: ConditionContent;
}

const MAX_NAMES = 5;

/** The two conditions that a completed check decides. */
export function summarize(report: CheckReport): CheckSummary {
  return { UpdateCheckSucceeded: succeeded(report), UpdatesAvailable: available(report) };
}

function succeeded({ counts, failures, tagFailures }: CheckReport): ConditionContent {
  const [first] = failures;
  const checked = containers(comparedOf(counts));
  const untagged = tagFailures.reduce((sum, group) => sum + group.count, 0);
  if (first === undefined && untagged > 0) {
    const lead = `Checked ${checked}, but could not look for newer tags of ${untagged}`;
    return conditionOf("False", "PartiallyFailed", `${lead}: ${causesOf(tagFailures)}`);
  }
  if (first === undefined) return conditionOf("True", "CheckSucceeded", `Checked ${checked}${othersOf(counts)}`);
  // Containers for which no registry was needed do not turn the failure into a partial one.
  const asked = comparedOf(counts);
  if (failures.length === 1 && first.count === asked) {
    return conditionOf("False", first.reason, `Could not check ${containers(asked)}: ${first.message}`);
  }
  const lead = `Could not check ${counts.failed} of ${containers(counts.total)}`;
  return conditionOf("False", "PartiallyFailed", `${lead}: ${causesOf(failures)}`);
}

/** How many containers were compared with what a registry has, or should have been. */
function comparedOf({ total, pinned, local, excluded }: UpdateCounts): number {
  return total - pinned - local - excluded;
}

/** The containers that were not compared: `; 4 pinned, 3 local`. */
function othersOf({ pinned, local, excluded }: UpdateCounts): string {
  const parts = [
    { count: pinned, what: "pinned" },
    { count: local, what: "local" },
    { count: excluded, what: "excluded" },
  ].flatMap(({ count, what }) => (count > 0 ? [`${count} ${what}`] : []));
  return parts.length === 0 ? "" : `; ${parts.join(", ")}`;
}

function causesOf(failures: readonly FailureGroup[]): string {
  return failures
    .map((group) => `${group.reason} (${group.count}), first ${group.container}: ${group.message}`)
    .join("; ");
}

function available({ counts, items, stillOutdated, tagFailures, unreadTags = [] }: CheckReport): ConditionContent {
  const found = [
    { count: counts.outdated, what: "outdated", names: namesOf(items, "Outdated") },
    {
      count: stillOutdated,
      what: "outdated when last seen",
      names: items.filter(isStillOutdated).map(({ container }) => container),
    },
    { count: counts.restartPending, what: "to be created again", names: namesOf(items, "RestartPending") },
    {
      count: counts.newerTags,
      what: "with a newer tag",
      names: items.flatMap(({ container, newerTag }) =>
        newerTag === undefined ? [] : `${container}: ${newerTag.tag}`,
      ),
    },
  ].filter(({ count }) => count > 0);
  if (found.length > 0) {
    const parts = found.map(({ count, what, names }) => `${count} ${what}${list(names, count)}`);
    return conditionOf("True", "UpdatesFound", `Of ${containers(counts.total)}: ${parts.join("; ")}`);
  }
  if (counts.failed > 0) {
    const message = `No update seen, but ${counts.failed} of ${containers(counts.total)} could not be checked`;
    return conditionOf("Unknown", "CheckIncomplete", message);
  }
  if (tagFailures.length > 0) {
    return conditionOf("Unknown", "CheckIncomplete", "No update seen, but not every list of tags could be read");
  }
  const unread = unreadTags.filter(({ namesNoVersion }) => !namesNoVersion);
  if (unread.length > 0) {
    const message = `No update seen, but newer tags of ${unread.length} are not looked for, since spec.updateCheck.tags does not read what they run${tagsOf(unread)}`;
    return conditionOf("Unknown", "CheckIncomplete", message);
  }
  return conditionOf("False", "UpToDate", `${noUpdate(counts)}${withoutVersion(unreadTags)}`);
}

function noUpdate(counts: UpdateCounts): string {
  const [compared, others] = [comparedOf(counts), othersOf(counts)];
  if (counts.total === 0) return "There is no container to check";
  if (compared === 0) return `There is nothing to compare${others}`;
  const young = counts.tooYoung === 0 ? "" : `; ${counts.tooYoung} too young to count`;
  const whole = others === "" ? containers(compared) : `the ${containers(compared)} compared`;
  return `No update for ${whole}${young}${others}`;
}

/** A moving tag has nothing newer than the image to which it points, which was compared. */
function withoutVersion(moving: readonly UnreadTagOf[]): string {
  return moving.length === 0 ? "" : `; ${moving.length} with a tag that is not a version${tagsOf(moving)}`;
}

function tagsOf(unread: readonly UnreadTagOf[]): string {
  return list(
    unread.map(({ container, tag }) => `${container}: ${tag}`),
    unread.length,
  );
}

function namesOf(items: readonly UpdateItem[], verdict: UpdateItem["verdict"]): readonly string[] {
  return items.filter((item) => item.verdict === verdict).map((item) => item.container);
}

/** The cut list of items may lack some, so the count shows how many there are. */
function list(names: readonly string[], count: number): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MAX_NAMES);
  return ` (${shown.join(", ")}${count > shown.length ? ", …" : ""})`;
}

function containers(count: number): string {
  return count === 1 ? "1 container" : `${count} containers`;
}

function conditionOf(status: ConditionContent["status"], reason: Reason, message: string): ConditionContent {
  return { status, reason, message: truncate(message, MAX_MESSAGE_LENGTH) };
}
