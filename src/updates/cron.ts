import { Cron } from "croner";
import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";

/** When something is due, by a cron expression. Wall-clock milliseconds. */
export interface CronSchedule {
  /** The first time after this one. */
  next(after: number): number;
  /** The last time until this one; undefined before the first. */
  previous(until: number): number | undefined;
}

/** Fails with InvalidSchedule, which names the field. The time zone is one of the IANA's names. */
export function parseSchedule(schedule: string, timeZone = "UTC"): Outcome<CronSchedule> {
  const refuse = (field: string, value: string, problem: string) =>
    failure(advised("InvalidSchedule", `spec.updateCheck.${field} ${JSON.stringify(value)} ${problem}`));
  if (!isTimeZone(timeZone)) return refuse("timeZone", timeZone, "is no time zone that is known here");
  let cron: Cron;
  try {
    // Only a parser here: paused and without a function, it starts no timer.
    cron = new Cron(schedule, { paused: true, mode: "5-part", timezone: timeZone });
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/^Cron\w*: /, "") : "";
    return refuse("schedule", schedule, `is invalid: ${problem}`);
  }
  const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
  if (next(0) === undefined) return refuse("schedule", schedule, "names no day that ever comes");
  return success({
    next: (after) => next(after) ?? Number.MAX_SAFE_INTEGER,
    // Whole seconds, and before the given one alone.
    previous: (until) => cron.previousRuns(1, new Date(until + 1_000))[0]?.getTime(),
  });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // RangeError: told to the user as an invalid name
  }
}
