import { describe, expect, it } from "vitest";
import { condition, dockerHost, summaries } from "../../../test/support/docker-host.ts";
import {
  checked,
  conclusionOf,
  failedToList,
  failing,
  HOUR_MS,
  NOW,
  outdated,
  upToDate,
  wait,
} from "../../../test/support/update-conclusion.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { concludeNotAttempted, concludeSuspended } from "./conclude-check.ts";

describe("a check that was completed", () => {
  it("says that all is up to date", () => {
    const { status, events } = conclusionOf(checked([upToDate]), { generation: 3 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=True CheckSucceeded",
      "UpdatesAvailable=False UpToDate",
    ]);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3]);
    expect(status.updates).toMatchObject({ total: 1, upToDate: 1, outdated: 0, lastCheckTime: "2026-01-01T00:00:00Z" });
    expect(events).toEqual([]);
  });

  it("says that there are updates, also where others could not be checked", () => {
    const { status } = conclusionOf(checked([outdated, failing]), { failures: 1 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=False PartiallyFailed",
      "UpdatesAvailable=True UpdatesFound",
    ]);
  });

  it("does not call a host up to date of which it does not know everything", () => {
    const { status } = conclusionOf(checked([upToDate, failing]), { failures: 1 });
    expect(summaries(status.conditions)).toEqual([
      "UpdateCheckSucceeded=False PartiallyFailed",
      "UpdatesAvailable=Unknown CheckIncomplete",
    ]);
  });

  it("echoes the requests that it answers, and says when the next one is due", () => {
    const annotations = { "dockerhost.dev/requestedAt": "a", "reconcile.fluxcd.io/requestedAt": "b" };
    const result = conclusionOf(checked([upToDate]), { annotations });
    expect(result.status.updates).toMatchObject({ lastHandledRequestedAt: "a", lastHandledReconcileAt: "b" });
    expect(Math.abs(wait(result) - 10 * HOUR_MS)).toBeLessThanOrEqual(0.5 * HOUR_MS);
    const next = Date.parse(result.status.updates?.nextCheckTime ?? "");
    // The status has whole seconds: when the queue wakes up, the check is due.
    expect(NOW + wait(result) - next).toBeLessThan(1_000);
    expect(NOW + wait(result)).toBeGreaterThanOrEqual(next);
  });

  it("says that the list of items was cut", () => {
    expect(conclusionOf(checked([upToDate])).status.updates).not.toHaveProperty("truncated");
    expect(conclusionOf(checked([upToDate], { truncated: true })).status.updates).toMatchObject({ truncated: true });
  });

  it("has conditions that begin with a capital letter", () => {
    for (const outcome of [checked([upToDate]), checked([outdated]), checked([failing]), failedToList()]) {
      for (const { message } of conclusionOf(outcome).status.conditions ?? []) expect(message).toMatch(/^[A-Z]/);
    }
  });
});

describe("an update that is too young", () => {
  it("has the host checked again when it is old enough, and no later than the regular check", () => {
    const maturesAt = NOW + HOUR_MS;
    expect(wait(conclusionOf(checked([upToDate], { maturesAt })))).toBe(HOUR_MS);
    expect(wait(conclusionOf(checked([upToDate], { maturesAt: NOW + 99 * HOUR_MS })))).toBeLessThan(11 * HOUR_MS);
    expect(wait(conclusionOf(checked([failing], { maturesAt }), { failures: 9 }))).toBe(HOUR_MS);
    expect(wait(conclusionOf(checked([upToDate], { maturesAt: NOW - 5 })))).toBe(0);
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
    const { status } = conclusionOf(failedToList(), { status: before, failures: 1 });
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
    expect(summaries(conclusionOf(failedToList(), { status: was, failures: 1 }).status.conditions)).toContain(
      "UpdatesAvailable=Unknown CheckIncomplete",
    );
  });

  it("is tried again with increasing delay", () => {
    expect([1, 2, 3].map((failures) => wait(conclusionOf(failedToList(), { failures })) / 60_000)).toEqual([1, 2, 4]);
  });

  it("waits for as long as the registry asks, but not past the ordinary check", () => {
    expect(wait(conclusionOf(failedToList("RegistryRateLimited", NOW + HOUR_MS), { failures: 1 }))).toBe(HOUR_MS);
    const ordinary = wait(conclusionOf(checked([upToDate])));
    expect(wait(conclusionOf(failedToList("RegistryRateLimited", NOW + 99 * HOUR_MS), { failures: 1 }))).toBe(ordinary);
    expect(wait(conclusionOf(checked([failing], { retryAt: NOW + HOUR_MS }), { failures: 1 }))).toBe(HOUR_MS);
    expect(wait(conclusionOf(failedToList("RegistryRateLimited", NOW - HOUR_MS), { failures: 1 }))).toBe(60_000);
  });

  it("is not hurried if only a change of the spec can fix it", () => {
    const result = conclusionOf(failedToList("InvalidSelection"), { failures: 3 });
    expect(wait(result)).toBeGreaterThan(9 * HOUR_MS);
    expect(result.status.conditions?.[0]).toMatchObject({ reason: "InvalidSelection", message: "The daemon is busy" });
  });

  it("answers a request as well, so that nobody waits for it in vain", () => {
    const annotations = { "dockerhost.dev/requestedAt": "new" };
    expect(conclusionOf(failedToList(), { annotations, failures: 1 }).status.updates?.lastHandledRequestedAt).toBe(
      "new",
    );
  });
});

describe("a host that cannot be checked", () => {
  it("has a reason of its own for the new generation, and keeps the last answer", () => {
    const status: DockerHostStatus = {
      engine: { version: "29.0.0" },
      updates: { total: 1 },
      conditions: [condition("UpdatesAvailable", "True", "UpdatesFound")],
    };
    const host = dockerHost({ generation: 2, status });
    const planned = concludeNotAttempted({ host, now: NOW, why: "The host is not connected" });
    expect(summaries(planned.status.conditions)).toEqual([
      "UpdateCheckSucceeded=Unknown NotAttempted",
      "UpdatesAvailable=Unknown NotAttempted",
    ]);
    expect(planned.status.updates).toEqual({ total: 1 });
    expect(planned).toMatchObject({ events: [], requeue: { kind: "done" } });
  });

  it("keeps no answer of the endpoint that it had before", () => {
    const host = dockerHost({ generation: 2, status: { updates: { total: 1 } } });
    const planned = concludeNotAttempted({ host, now: NOW, why: "The host is not connected" });
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
    return concludeSuspended({ host, now: NOW, field: "spec.suspend", onlySuspendChanged });
  }

  it("keeps its reason if only `suspend` changed", () => {
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
