import { Cron } from "croner";
import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";

/** When something is due according to a cron expression. All times are wall-clock milliseconds. */
export interface CronSchedule {
  /** The first time after the given one. */
  next(after: number): number;
  /** The last time up to the given one; undefined if there is none. */
  previous(until: number): number | undefined;
}

/**
 * The days of the week fall on the same dates again after 28 years, so a day that does not come in these years never
 * comes.
 */
const ALL_CALENDARS = { years: "2000-2027", from: Date.UTC(1999, 11, 31) };

/**
 * Fails with InvalidSchedule, which names the field.
 * @param timeZone an IANA name
 */
export function parseSchedule(schedule: string, timeZone = "UTC"): Outcome<CronSchedule> {
  const refuse = (field: string, value: string, problem: string) =>
    failure(advised("InvalidSchedule", `spec.updateCheck.${field} ${JSON.stringify(value)} ${problem}`));
  if (!isTimeZone(timeZone)) return refuse("timeZone", timeZone, "is not a known time zone");
  let cron: Cron;
  let comes: boolean;
  try {
    // This is only a parser here: paused and without a function, it starts no timer.
    cron = new Cron(schedule, { paused: true, mode: "5-part", timezone: timeZone });
    comes = everComes(schedule, timeZone);
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/^Cron\w*: /, "") : "";
    return refuse("schedule", schedule, `is invalid: ${problem}`);
  }
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
  if (!comes) return refuse("schedule", schedule, "names no day that ever comes");
  return success({
    next: (after) => next(after) ?? Number.MAX_SAFE_INTEGER,
    // The parser works with whole seconds, and finds only times before the given one.
    previous: (until) => cron.previousRuns(1, new Date(until + 1_000))[0]?.getTime(),
  });
}

/** Without a limit on the years, the parser would search thousands of them and block everything else. */
function everComes(schedule: string, timeZone: string): boolean {
  const parts = schedule.trim().split(/\s+/);
  // Names such as @daily always come.
  if (parts.length !== 5) return true;
  const inYears = `0 ${parts.join(" ")} ${ALL_CALENDARS.years}`;
  const cron = new Cron(inYears, { paused: true, mode: "7-part", timezone: timeZone });
  return cron.nextRun(new Date(ALL_CALENDARS.from)) !== null;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // A RangeError means that the name is invalid.
  }
}
