import { describe, expect, it } from "vitest";
import { condition, dockerHost, type HostParts, parsedSpec, summaries } from "../../../test/support/docker-host.ts";
import type { Reason } from "../../api/reasons.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { CheckReport, UpdateItem } from "../../updates/report.ts";
import { rememberSeen, type SeenDigest } from "../../updates/seen.ts";
import { planNotAttempted, planSuspended, planUpdates } from "./plan.ts";
import { checkSchedule } from "./schedule.ts";
import type { UpdateOutcome } from "./steps.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const NONE = {
  upToDate: 0,
  outdated: 0,
  restartPending: 0,
  pinned: 0,
  local: 0,
  tooYoung: 0,
  excluded: 0,
  failed: 0,
  newerTags: 0,
};

const upToDate: UpdateItem = { container: "api", image: "shop/api:1", verdict: "UpToDate", available: "sha256:a" };
const outdated: UpdateItem = { container: "web", image: "shop/web:1", verdict: "Outdated", available: "sha256:b" };
const failing: UpdateItem = { container: "db", image: "shop/db:1", verdict: "Failed", reason: "RegistryUnreachable" };

/** `known`: what was seen before. */
function checked(
  items: readonly UpdateItem[],
  more: Partial<CheckReport> = {},
  known: readonly SeenDigest[] = [],
): UpdateOutcome {
  const updates = items.flatMap(({ container, image, verdict, available: digest = "" }) => {
    const seen = known.find((each) => each.image === image && each.digest === digest);
    const fresh = { image, digest, at: "2026-01-01T00:00:00Z" };
    return verdict === "Outdated" ? [{ container, image, seen: seen ?? fresh }] : [];
  });
  const count = (verdict: UpdateItem["verdict"]) => items.filter((item) => item.verdict === verdict).length;
  const failed = count("Failed");
  const group = { reason: "RegistryUnreachable", count: failed, container: "db", message: "no answer" } as const;
  return {
    kind: "checked",
    report: {
      counts: { ...NONE, total: items.length, upToDate: count("UpToDate"), outdated: count("Outdated"), failed },
      items,
      updates,
      seen: rememberSeen(
        known,
        updates.map(({ seen }) => seen),
        new Set(items.map(({ image }) => image)),
      ),
      truncated: false,
      failures: failed > 0 ? [group] : [],
      tagFailures: [],
      ...more,
    },
  };
}

function failedToList(reason: Reason = "DaemonError", retryAt?: number): UpdateOutcome {
  const failure = { reason, message: "The daemon is busy", ...(retryAt === undefined ? {} : { retryAt }) };
  return { kind: "failed", failure };
}

function plan(outcome: UpdateOutcome, options: HostParts & { failures?: number } = {}) {
  const { failures = 0, spec = { updateCheck: { interval: "10h" } }, ...parts } = options;
  const host = dockerHost({ spec, ...parts });
  const schedule = checkSchedule(parsedSpec(spec), host);
  if (!schedule.ok) throw new Error(schedule.failure.message);
  return planUpdates({ host, schedule: schedule.value, outcome, failures, now: NOW });
}

const wait = ({ requeue }: ReturnType<typeof plan>) => (requeue.kind === "after" ? requeue.ms : Number.NaN);

describe("a check that was completed", () => {
  it("says that all is up to date", () => {
    const { status, events } = plan(checked([upToDate]), { generation: 3 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=True CheckSucceeded",
      "UpdatesAvailable=False UpToDate",
    ]);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3]);
    expect(status.updates).toMatchObject({ total: 1, upToDate: 1, outdated: 0, lastCheckTime: "2026-01-01T00:00:00Z" });
    expect(events).toEqual([]);
  });

  it("says that there are updates, also where others could not be checked", () => {
    const { status } = plan(checked([outdated, failing]), { failures: 1 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=False PartiallyFailed",
      "UpdatesAvailable=True UpdatesFound",
    ]);
  });

  it("does not call a host up to date of which it does not know everything", () => {
    const { status } = plan(checked([upToDate, failing]), { failures: 1 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=False PartiallyFailed",
      "UpdatesAvailable=Unknown CheckIncomplete",
    ]);
  });

  it("echoes the requests that it answers, and tells when the next one is due", () => {
    const annotations = { "dockerhost.dev/requestedAt": "a", "reconcile.fluxcd.io/requestedAt": "b" };
    const result = plan(checked([upToDate]), { annotations });
    expect(result.status.updates).toMatchObject({ lastHandledRequestedAt: "a", lastHandledReconcileAt: "b" });
    expect(Math.abs(wait(result) - 10 * HOUR_MS)).toBeLessThanOrEqual(0.5 * HOUR_MS);
    const next = Date.parse(result.status.updates?.nextCheckTime ?? "");
    // The status has whole seconds: when the queue wakes up, the check is due.
    expect(NOW + wait(result) - next).toBeLessThan(1_000);
    expect(NOW + wait(result)).toBeGreaterThanOrEqual(next);
  });

  it("says that the list of items was cut", () => {
    expect(plan(checked([upToDate])).status.updates).not.toHaveProperty("truncated");
    expect(plan(checked([upToDate], { truncated: true })).status.updates).toMatchObject({ truncated: true });
  });

  it("has conditions that begin with a capital letter", () => {
    for (const outcome of [checked([upToDate]), checked([outdated]), checked([failing]), failedToList()]) {
      for (const { message } of plan(outcome).status.conditions ?? []) expect(message).toMatch(/^[A-Z]/);
    }
  });
});

describe("an update that is too young", () => {
  it("has the host looked at again when it is old enough, and no later than the ordinary check", () => {
    const maturesAt = NOW + HOUR_MS;
    expect(wait(plan(checked([upToDate], { maturesAt })))).toBe(HOUR_MS);
    expect(wait(plan(checked([upToDate], { maturesAt: NOW + 99 * HOUR_MS })))).toBeLessThan(11 * HOUR_MS);
    expect(wait(plan(checked([failing], { maturesAt }), { failures: 9 }))).toBe(HOUR_MS);
    expect(wait(plan(checked([upToDate], { maturesAt: NOW - 5 })))).toBe(0);
  });
});

describe("a check that failed", () => {
  const before: DockerHostStatus = {
    conditions: [
      condition("UpdateCheckSucceeded", "True", "CheckSucceeded"),
      condition("UpdatesAvailable", "True", "UpdatesFound"),
    ],
    updates: {
      total: 1,
      outdated: 1,
      items: [{ ...outdated }],
      lastCheckTime: "2025-12-31T00:00:00Z",
      nextCheckTime: "2026-01-01T00:00:00Z",
      lastHandledRequestedAt: "old",
    },
  };

  it("keeps the last answer with its age, and an update that was found", () => {
    const { status } = plan(failedToList(), { status: before, failures: 1 });
    expect(status.updates).toEqual({
      total: 1,
      outdated: 1,
      items: [outdated],
      lastCheckTime: "2025-12-31T00:00:00Z",
      nextCheckTime: "2026-01-01T00:01:00Z",
    });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=False DaemonError",
      "UpdatesAvailable=True UpdatesFound",
    ]);
    expect(status.conditions?.[0]?.message).toBe("The containers could not be listed: The daemon is busy");
  });

  it("no longer says that there are none", () => {
    const was = { ...before, conditions: [condition("UpdatesAvailable", "False", "UpToDate")] };
    expect(summaries(plan(failedToList(), { status: was, failures: 1 }).status.conditions)).toContain(
      "UpdatesAvailable=Unknown CheckIncomplete",
    );
  });

  it("is tried again ever later", () => {
    expect([1, 2, 3].map((failures) => wait(plan(failedToList(), { failures })) / 60_000)).toEqual([1, 2, 4]);
  });

  it("waits for as long as the registry asks, but not past the ordinary check", () => {
    expect(wait(plan(failedToList("RegistryRateLimited", NOW + HOUR_MS), { failures: 1 }))).toBe(HOUR_MS);
    const ordinary = wait(plan(checked([upToDate])));
    expect(wait(plan(failedToList("RegistryRateLimited", NOW + 99 * HOUR_MS), { failures: 1 }))).toBe(ordinary);
    expect(wait(plan(checked([failing], { retryAt: NOW + HOUR_MS }), { failures: 1 }))).toBe(HOUR_MS);
    expect(wait(plan(failedToList("RegistryRateLimited", NOW - HOUR_MS), { failures: 1 }))).toBe(60_000);
  });

  it("is not hurried where only a change of the spec can mend it", () => {
    const result = plan(failedToList("InvalidSelection"), { failures: 3 });
    expect(wait(result)).toBeGreaterThan(9 * HOUR_MS);
    expect(result.status.conditions?.[0]).toMatchObject({ reason: "InvalidSelection", message: "The daemon is busy" });
  });

  it("answers a request, too: whoever waits for it is not kept waiting", () => {
    const annotations = { "dockerhost.dev/requestedAt": "new" };
    expect(plan(failedToList(), { annotations, failures: 1 }).status.updates?.lastHandledRequestedAt).toBe("new");
  });
});

describe("a host that cannot be checked", () => {
  it("has its own word for the new generation, and keeps the last answer", () => {
    const status: DockerHostStatus = {
      engine: { version: "29.0.0" },
      updates: { total: 1 },
      conditions: [condition("UpdatesAvailable", "True", "UpdatesFound")],
    };
    const host = dockerHost({ generation: 2, status });
    const planned = planNotAttempted({ host, now: NOW, why: "The host is not connected" });
    expect(summaries(planned.status.conditions)).toEqual([
      "UpdateCheckSucceeded=Unknown NotAttempted",
      "UpdatesAvailable=Unknown NotAttempted",
    ]);
    expect(planned.status.updates).toEqual({ total: 1 });
    expect(planned).toMatchObject({ events: [], requeue: { kind: "done" } });
  });

  it("keeps no answer of the endpoint that it had before", () => {
    const host = dockerHost({ generation: 2, status: { updates: { total: 1 } } });
    const planned = planNotAttempted({ host, now: NOW, why: "The host is not connected" });
    expect(planned.status.updates).toBeUndefined();
  });
});

describe("a suspended check", () => {
  const status: DockerHostStatus = {
    conditions: [
      condition("UpdateCheckSucceeded", "False", "PartiallyFailed"),
      condition("UpdatesAvailable", "True", "UpdatesFound"),
    ],
    updates: { total: 1 },
  };

  function suspended(onlySuspendChanged: boolean, before = status) {
    const host = dockerHost({ generation: 2, status: before });
    return planSuspended({ host, now: NOW, field: "spec.suspend", onlySuspendChanged });
  }

  it("keeps its word where only `suspend` changed", () => {
    const planned = suspended(true);
    expect(summaries(planned.status.conditions)).toEqual(summaries(status.conditions));
    expect(planned.status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2]);
    expect(planned.status.updates).toEqual({ total: 1 });
  });

  it("is Unknown where more changed, or where nothing was known", () => {
    const unknown = ["UpdateCheckSucceeded=Unknown Suspended", "UpdatesAvailable=Unknown Suspended"];
    expect(summaries(suspended(false).status.conditions)).toEqual(unknown);
    expect(summaries(suspended(true, {}).status.conditions)).toEqual(unknown);
    const waiting = [
      condition("UpdateCheckSucceeded", "Unknown", "NotAttempted"),
      condition("UpdatesAvailable", "Unknown", "NotAttempted"),
    ];
    expect(summaries(suspended(true, { conditions: waiting }).status.conditions)).toEqual(unknown);
    expect(suspended(false).status.conditions?.[0]?.message).toBe("Suspended by spec.suspend");
  });
});

describe("events", () => {
  const told = (outcome: UpdateOutcome, status: DockerHostStatus = {}) =>
    plan(outcome, { status, failures: outcome.kind === "failed" ? 1 : 0 }).events;
  const statusAfter = (items: readonly UpdateItem[], status: DockerHostStatus = {}): DockerHostStatus =>
    plan(checked(items, {}, status.updates?.seen), { status }).status;

  it("tell of an update once for each image and digest", () => {
    const [event, ...more] = told(checked([outdated, upToDate]));
    expect(event).toEqual({
      type: "Normal",
      reason: "UpdatesFound",
      action: "CheckUpdates",
      message: "Outdated: web (shop/web:1 is now sha256:b)",
    });
    expect(more).toEqual([]);
    const after = statusAfter([outdated, upToDate]);
    const again = (items: readonly UpdateItem[], status = after) => checked(items, {}, status.updates?.seen);
    expect(after.updates?.seen).toMatchObject([{ image: "shop/web:1", digest: "sha256:b", announced: true }]);
    expect(told(again([outdated, upToDate]), after)).toEqual([]);
    const newer = { ...outdated, available: "sha256:c" };
    expect(told(again([newer]), after)).toMatchObject([{ message: expect.stringContaining("sha256:c") }]);
    const moved = statusAfter([newer], after);
    expect(told(again([outdated], moved), moved), "moved back").toEqual([]);
  });

  it("tell of it once also where the check failed in between", () => {
    const between = plan(failedToList(), { status: statusAfter([outdated]), failures: 1 }).status;
    expect(told(checked([outdated], {}, between.updates?.seen), between).map(({ reason }) => reason)).toEqual([
      "CheckSucceeded",
    ]);
  });

  it("tell of it once also where it could not be checked in between", () => {
    const failed = statusAfter([{ ...outdated, verdict: "Failed" }], statusAfter([outdated]));
    expect(told(checked([outdated], {}, failed.updates?.seen), failed).map(({ reason }) => reason)).toEqual([
      "CheckSucceeded",
    ]);
  });

  it("name a few of many", () => {
    const many = Array.from({ length: 8 }, (_, index) => ({
      ...outdated,
      container: `web-${index}`,
      image: `shop/web-${index}:1`,
    }));
    expect(told(checked(many))[0]?.message).toMatch(/^Outdated: web-0 .* web-4 \(.*\) and 3 more$/);
  });

  it("tell of a check that fails once, of another cause, and when it is well again", () => {
    const first = plan(failedToList(), { failures: 1 }).status;
    expect(told(failedToList())).toMatchObject([{ type: "Warning", reason: "DaemonError" }]);
    expect(told(failedToList(), first)).toEqual([]);
    expect(told(failedToList("AuthorizationDenied"), first)).toMatchObject([{ reason: "AuthorizationDenied" }]);
    expect(told(checked([upToDate]), first)).toMatchObject([{ type: "Normal", reason: "CheckSucceeded" }]);
  });
});
