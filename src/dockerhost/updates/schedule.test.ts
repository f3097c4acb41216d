import { describe, expect, it } from "vitest";
import { condition, dockerHost, type HostParts, parsedSpec } from "../../../test/support/docker-host.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { toTimestamp } from "../../common/clock.ts";
import { afterFailure, byInterval, checkSchedule, checkTimeout, minimumAge, nextCheck } from "./schedule.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const LATER = "2026-01-01T12:00:00Z";
const HOUR_MS = 3_600_000;

function scheduleOf(updateCheck: object = {}) {
  const schedule = checkSchedule(parsedSpec({ updateCheck }), dockerHost());
  if (!schedule.ok) throw new Error(schedule.failure.message);
  return schedule.value;
}

describe("schedule, timeout and minimum age", () => {
  it("have defaults", () => {
    expect(scheduleOf().next(NOW)).toBe(byInterval(dockerHost(), 24 * HOUR_MS).next(NOW));
    expect([checkTimeout(parsedSpec()), minimumAge(parsedSpec())]).toEqual([300_000, 0]);
    expect(checkTimeout(parsedSpec({ updateCheck: {} }))).toBe(300_000);
  });

  it("are as the spec says", () => {
    const spec = parsedSpec({ updateCheck: { interval: "6h", timeout: "90s", minimumAge: "72h" } });
    expect(scheduleOf({ interval: "6h" }).next(NOW)).toBe(byInterval(dockerHost(), 6 * HOUR_MS).next(NOW));
    expect([checkTimeout(spec), minimumAge(spec)]).toEqual([90_000, 72 * HOUR_MS]);
    const nightly = scheduleOf({ schedule: "0 4 * * *", timeZone: "Europe/Berlin" });
    expect(nightly.next(NOW)).toBe(Date.parse("2026-01-01T03:00:00Z"));
  });

  it("fail for a schedule that cannot be", () => {
    expect(checkSchedule(parsedSpec({ updateCheck: { schedule: "61 * * * *" } }), dockerHost())).toMatchObject({
      failure: { reason: "InvalidSchedule" },
    });
  });

  it("have answers used again that are younger than any check of one's own", () => {
    const hourly = scheduleOf({ interval: "1h" });
    expect(hourly.maxAgeMs(NOW)).toBeLessThan(hourly.next(NOW) - NOW);
    expect(hourly.maxAgeMs(NOW)).toBeGreaterThan(0.8 * HOUR_MS);
  });

  it("have answers used again that were asked for since the schedule last said so", () => {
    const nightly = scheduleOf({ schedule: "0 4 * * *" });
    expect(nightly.maxAgeMs(Date.parse("2026-01-01T04:00:00Z"))).toBe(0);
    expect(nightly.maxAgeMs(Date.parse("2026-01-01T05:30:00Z"))).toBe(1.5 * HOUR_MS);
  });
});

describe("the next check", () => {
  const checked: DockerHostStatus = {
    conditions: [condition("UpdateCheckSucceeded", "True", "CheckSucceeded")],
    updates: { nextCheckTime: LATER, lastHandledRequestedAt: "a" },
  };
  const failed: DockerHostStatus = {
    ...checked,
    conditions: [condition("UpdateCheckSucceeded", "False", "PullSecretNotFound")],
  };
  const reasoned = (reason: string): DockerHostStatus => ({
    ...checked,
    conditions: [condition("UpdateCheckSucceeded", "Unknown", reason)],
  });

  it.each<readonly [string, HostParts, boolean, "now" | "later"]>([
    ["of a host that was never checked", {}, false, "now"],
    ["of a host that was checked", { status: checked }, false, "later"],
    ["of a new generation", { status: checked, generation: 2 }, false, "now"],
    ["of a host that was not connected", { status: reasoned("NotAttempted") }, false, "now"],
    ["of a host that was suspended", { status: reasoned("Suspended") }, false, "now"],
    ["for a request", { status: checked, annotations: { "dockerhost.dev/requestedAt": "b" } }, false, "now"],
    ["for Flux's request", { status: checked, annotations: { "reconcile.fluxcd.io/requestedAt": "b" } }, false, "now"],
    ["for a handled request", { status: checked, annotations: { "dockerhost.dev/requestedAt": "a" } }, false, "later"],
    ["of a failed check", { status: failed }, false, "later"],
    ["of a failed check when its Secret has changed", { status: failed }, true, "now"],
    ["of a good check when a Secret has changed", { status: checked }, true, "later"],
    [
      "planned by a clock that was years ahead",
      { status: { ...checked, updates: { ...checked.updates, nextCheckTime: "2031-01-01T00:00:00Z" } } },
      false,
      "now",
    ],
    ["without a time in the status", { status: { ...checked, updates: {} } }, false, "now"],
  ])("%s", (_what, parts, changed, expected) => {
    const schedule = byInterval(dockerHost(), 24 * HOUR_MS);
    const due = nextCheck(dockerHost(parts), { now: NOW, changed, schedule });
    expect(due).toBe(expected === "now" ? NOW : Date.parse(LATER));
  });

  it("that was missed is made up once", () => {
    const schedule = scheduleOf({ schedule: "0 4 * * *" });
    const missed = { ...checked, updates: { nextCheckTime: "2025-12-29T04:00:00Z" } };
    expect(nextCheck(dockerHost({ status: missed }), { now: NOW, changed: false, schedule })).toBeLessThan(NOW);
    const made = { ...checked, updates: { nextCheckTime: toTimestamp(schedule.next(NOW)) } };
    const next = Date.parse("2026-01-01T04:00:00Z");
    expect(nextCheck(dockerHost({ status: made }), { now: NOW, changed: false, schedule })).toBe(next);
  });
});

describe("the wait after a check", () => {
  it("differs from host to host by up to a twentieth, and is always the same for one", () => {
    const waits = Array.from({ length: 200 }, (_, index) => {
      const host = dockerHost();
      const schedule = byInterval({ ...host, metadata: { ...host.metadata, uid: `uid-${index}` } }, HOUR_MS);
      return schedule.next(NOW) - NOW;
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.95 * HOUR_MS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.05 * HOUR_MS);
    expect(new Set(waits).size).toBeGreaterThan(190);
    const again = byInterval(dockerHost({ generation: 2 }), HOUR_MS);
    expect(byInterval(dockerHost(), HOUR_MS).next(NOW)).toBe(again.next(NOW));
  });

  it("grows from one minute to one hour while checks fail", () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 100].map(
      (failures) => (afterFailure(failures, NOW, scheduleOf()) - NOW) / 60_000,
    );
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("is never longer than the ordinary one", () => {
    const often = byInterval(dockerHost(), 120_000);
    expect(afterFailure(5, NOW, often)).toBe(often.next(NOW));
  });
});
