import { describe, expect, it } from "vitest";
import { parseSchedule } from "./cron.ts";

const at = (text: string) => Date.parse(text);

function schedule(expression: string, timeZone?: string) {
  const parsed = parseSchedule(expression, timeZone);
  if (!parsed.ok) throw new Error(parsed.failure.message);
  return parsed.value;
}

describe("a schedule", () => {
  it.each([
    ["0 4 * * *", undefined, "2026-01-01T04:00:00Z", "2026-01-02T04:00:00Z"],
    ["0 4 * * *", "Europe/Berlin", "2026-01-01T04:00:00Z", "2026-01-02T03:00:00Z"],
    ["*/15 * * * *", undefined, "2026-01-01T04:01:30Z", "2026-01-01T04:15:00Z"],
    ["0 4 * * MON-FRI", undefined, "2026-01-02T05:00:00Z", "2026-01-05T04:00:00Z"],
    ["@daily", undefined, "2026-01-01T04:00:00Z", "2026-01-02T00:00:00Z"],
    ["  0  4\t* * *", undefined, "2026-01-01T04:00:00Z", "2026-01-02T04:00:00Z"],
    // These are rare: both that day of the month and that day of the week, 40 years apart at most.
    ["0 0 29 2 +1", undefined, "2026-01-01T00:00:00Z", "2044-02-29T00:00:00Z"],
    ["0 0 29 2 +2", undefined, "2085-01-01T00:00:00Z", "2124-02-29T00:00:00Z"],
    ["0 0 31 12 +5#5", "Pacific/Kiritimati", "2026-01-01T00:00:00Z", "2027-12-30T10:00:00Z"],
    // An hour that a night in March does not have, and that one in October has twice.
    ["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"],
    ["30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"],
    ["30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
  ])("%s in %s, after %s: %s", (expression, timeZone, after, expected) => {
    expect(schedule(expression, timeZone).next(at(after))).toBe(at(expected));
  });

  it("returns the last time, also at that time", () => {
    const daily = schedule("0 4 * * *");
    for (const until of ["2026-01-01T04:00:00.000Z", "2026-01-01T04:00:00.500Z", "2026-01-02T03:59:58Z"]) {
      expect(daily.previous(at(until))).toBe(at("2026-01-01T04:00:00Z"));
    }
  });

  it.each([
    ["99 4 * * *", undefined, 'spec.updateCheck.schedule "99 4 * * *" is invalid: Invalid value for minute: 99'],
    ["0 0 4 * * *", undefined, "requires exactly 5 parts"],
    ["@reboot", undefined, "@reboot is not supported"],
    ["0 0 30 2 *", undefined, "names no day that ever comes"],
    ["0 0 31 2,4,6,9,11 *", "America/New_York", "names no day that ever comes"],
    // The first of January is not in the second week, and the last working day of a month is not a Saturday.
    ["0 0 1 1 +1#2", undefined, "names no day that ever comes"],
    ["0 0 LW 2 +6", undefined, "names no day that ever comes"],
    ["0 4 * * *", "Mars/Olympus", 'spec.updateCheck.timeZone "Mars/Olympus" is not a known time zone'],
    ["0 4 * * *", "", "is not a known time zone"],
  ])("%s in %s is refused", (expression, timeZone, problem) => {
    expect(parseSchedule(expression, timeZone)).toMatchObject({
      ok: false,
      failure: { reason: "InvalidSchedule", message: expect.stringContaining(problem) },
    });
  });
});
