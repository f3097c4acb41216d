import { describe, expect, it } from "vitest";
import { condition, dockerHost, type HostParts, parsedSpec } from "../../../test/support/docker-host.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { afterFailure, afterSuccess, checkInterval, checkTimeout, nextCheck } from "./schedule.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const LATER = "2026-01-01T12:00:00Z";
const HOUR_MS = 3_600_000;

describe("interval and timeout", () => {
  it("have defaults", () => {
    expect(checkInterval(parsedSpec())).toBe(24 * HOUR_MS);
    expect(checkTimeout(parsedSpec())).toBe(300_000);
    expect(checkInterval(parsedSpec({ updateCheck: { timeout: "30s" } }))).toBe(24 * HOUR_MS);
  });

  it("are as the spec says", () => {
    const spec = parsedSpec({ updateCheck: { interval: "6h", timeout: "90s" } });
    expect([checkInterval(spec), checkTimeout(spec)]).toEqual([6 * HOUR_MS, 90_000]);
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
    const due = nextCheck(dockerHost(parts), { now: NOW, changed, intervalMs: 24 * HOUR_MS });
    expect(due).toBe(expected === "now" ? NOW : Date.parse(LATER));
  });
});

describe("the wait after a check", () => {
  it("differs from host to host by up to a twentieth, and is always the same for one", () => {
    const waits = Array.from({ length: 200 }, (_, index) => {
      const host = dockerHost();
      return afterSuccess({ ...host, metadata: { ...host.metadata, uid: `uid-${index}` } }, HOUR_MS);
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.95 * HOUR_MS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.05 * HOUR_MS);
    expect(new Set(waits).size).toBeGreaterThan(190);
    expect(afterSuccess(dockerHost(), HOUR_MS)).toBe(afterSuccess(dockerHost({ generation: 2 }), HOUR_MS));
  });

  it("grows from one minute to one hour while checks fail", () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => afterFailure(failures, 24 * HOUR_MS) / 60_000);
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("is never longer than the ordinary one", () => {
    expect(afterFailure(5, 120_000)).toBe(120_000);
  });
});
