import { formatDuration } from "../common/duration.ts";
import { parseSchedule } from "../updates/cron.ts";
import { compilePattern } from "../updates/patterns.ts";
import type { ImportedCheck } from "./imported-host.ts";
import type { WatchtowerSettings } from "./watchtower-flags.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const MIN_INTERVAL_MS = 60_000;
const MAX_MS = 8_760 * 3_600_000;
/** The default of spec.updateCheck.timeout. */
const CHECK_TIMEOUT_MS = 300_000;
/** The most patterns that a list can have. */
const MAX_PATTERNS = 32;

/** The units of Watchtower's delays, which include days and longer units that Go's own durations lack. */
const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  M: 30 * DAY_MS,
};

/**
 * Translates the settings for when Watchtower checks, and which containers. Returns undefined if all are the default.
 */
export function updateCheckOf(settings: WatchtowerSettings, warnings: string[]): ImportedCheck | undefined {
  const containers = containersOf(settings, warnings);
  const draft: ImportedCheck = {
    ...whenOf(settings, warnings),
    ...minimumAgeOf(settings.value("cooldown-delay"), warnings),
    ...(Object.keys(containers).length === 0 ? {} : { containers }),
  };
  return Object.keys(draft).length === 0 ? undefined : draft;
}

function whenOf(settings: WatchtowerSettings, warnings: string[]): ImportedCheck {
  const schedule = settings.value("schedule")?.trim();
  if (schedule === undefined) return intervalOf(settings.value("interval"), warnings);
  const every = /^@every (?<delay>\S+)$/.exec(schedule)?.groups?.delay;
  if (every !== undefined) {
    const ms = delayOf(every);
    return intervalOf(ms === undefined ? every : String(Math.round(ms / SECOND_MS)), warnings);
  }
  return scheduleOf(schedule, settings.timeZone, warnings);
}

/** Translates an interval in seconds. The default of both programs is 24 hours. */
function intervalOf(interval: string | undefined, warnings: string[]): ImportedCheck {
  if (interval === undefined) return {};
  const ms = /^[0-9]{1,9}$/.test(interval) ? Number(interval) * SECOND_MS : 0;
  if (ms === 0) {
    warnings.push("the interval is not a number of seconds and is left out: images are checked every 24h.");
    return {};
  }
  if (ms === DAY_MS) return {};
  const bounded = Math.min(Math.max(ms, MIN_INTERVAL_MS), MAX_MS);
  const written = formatDuration(bounded);
  if (bounded !== ms) {
    warnings.push(`the interval of ${ms / SECOND_MS} s is out of bounds; ${written} is written.`);
  }
  // The timeout of a check must not be longer than the interval.
  return { interval: written, ...(bounded < CHECK_TIMEOUT_MS ? { timeout: written } : {}) };
}

/** Translates a cron expression, which Watchtower allows to start with a time zone and a field for seconds. */
function scheduleOf(text: string, zone: string | undefined, warnings: string[]): ImportedCheck {
  const [, named, expression = text] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text) ?? [];
  const fields = expression.replaceAll("?", "*").split(/\s+/);
  const seconds = fields.length === 6 ? fields.shift() : undefined;
  const schedule = fields.join(" ");
  const timeZone = named ?? zone;
  const parsed = parseSchedule(schedule, timeZone);
  if (!parsed.ok) {
    warnings.push("the schedule cannot be imported and is left out: images are checked every 24h.");
    return {};
  }
  if (seconds !== undefined && seconds !== "0") {
    warnings.push(
      "the seconds of the schedule are left out: the first field of a DockerHost's schedule is the minute.",
    );
  }
  if (timeZone === undefined) {
    warnings.push("TZ is not set; the schedule is in UTC. To use another time zone, set spec.updateCheck.timeZone.");
  }
  return { schedule, ...(timeZone === undefined ? {} : { timeZone }) };
}

function minimumAgeOf(delay: string | undefined, warnings: string[]): ImportedCheck {
  if (delay === undefined) return {};
  const ms = delayOf(delay);
  if (ms === undefined || ms > MAX_MS) {
    warnings.push("the cooldown delay cannot be imported and is left out: updates are reported without delay.");
    return {};
  }
  if (ms === 0) return {};
  warnings.push(
    "minimumAge counts from when an update is first seen; Watchtower counts from when its image was created.",
  );
  return { minimumAge: formatDuration(ms) };
}

/** Parses a delay to milliseconds. Returns undefined if it is invalid. */
function delayOf(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^([0-9]{1,9}[smhdwM])+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([0-9]+)([smhdwM])/g)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS_MS[unit] ?? 0), 0);
}

function containersOf(settings: WatchtowerSettings, warnings: string[]): NonNullable<ImportedCheck["containers"]> {
  const patterns = (field: string, texts: readonly string[]) => {
    if (texts.length > MAX_PATTERNS)
      warnings.push(`only the first ${MAX_PATTERNS} of the ${texts.length} patterns of ${field} are written.`);
    return texts.length === 0 ? {} : { [field]: texts.slice(0, MAX_PATTERNS).map(patternOf) };
  };
  const scope = settings.value("scope");
  const [monitored, skipped] = ["monitor-image-names", "skip-image-names"].map((name) => listOf(settings.value(name)));
  if (monitored?.length || skipped?.length) {
    warnings.push(
      "includeImages and excludeImages match names without tags, while Watchtower's patterns match names with tags; the parts for tags are left out.",
    );
  }
  return {
    ...(settings.isOn("label-enable") ? { policy: "Labeled" } : {}),
    ...patterns("includeNames", settings.operands.map(withoutSlash)),
    ...patterns("excludeNames", listOf(settings.value("disable-containers")).map(withoutSlash)),
    ...patterns("includeImages", (monitored ?? []).map(withoutTag)),
    ...patterns("excludeImages", (skipped ?? []).map(withoutTag)),
    ...(settings.isOn("include-stopped") ? { includeStopped: true } : {}),
    ...(settings.isOn("include-restarting") ? { includeRestarting: true } : {}),
    ...(scope === undefined || scope === "none" ? {} : { scope }),
  };
}

function listOf(text = ""): readonly string[] {
  return text.split(/[,\s]+/).filter((part) => part !== "");
}

/** Removes a slash in front of the name, which the daemon does not have. */
function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}

/** Removes the part for tags from a pattern of images, unless the rest is not a valid expression. */
function withoutTag(text: string): string {
  const name = /^(.+):[^/:]+$/.exec(text)?.[1];
  return name !== undefined && compilePattern(name).ok ? name : text;
}

/** Escapes a text that is not a valid expression, because Watchtower matches it literally. */
function patternOf(text: string): string {
  return compilePattern(text).ok ? text : text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
