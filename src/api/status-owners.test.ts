import { describe, expect, it } from "vitest";
import { condition } from "../../test/support/docker-host.ts";
import { DOCKER_HOST, type StatusOwner } from "./docker-host.ts";
import type { Condition, DockerHostStatus } from "./status.ts";
import { isStatusApplied, mergeStatus } from "./status-owners.ts";

const ready = condition("Ready", "True", "Succeeded");
const notReady = condition("Ready", "False", "ConnectionRefused");
const reconciling = condition("Reconciling", "True", "ProgressingWithRetry");
const checked = condition("UpdateCheckSucceeded", "True", "CheckSucceeded");
const failed = condition("UpdateCheckSucceeded", "False", "DaemonError");
const available = condition("UpdatesAvailable", "True", "UpdatesFound");

const current: DockerHostStatus = {
  observedGeneration: 1,
  endpoint: "https://edge-7:2376",
  warnings: ["Careful."],
  conditions: [notReady, reconciling, checked, available],
  updates: { total: 3 },
};

const merge = (from: DockerHostStatus, owner: StatusOwner, part: DockerHostStatus) =>
  mergeStatus(DOCKER_HOST.owners, from, owner, part);

describe("mergeStatus", () => {
  it("replaces everything that the connection owns, and does not change the updates' part", () => {
    const part = { observedGeneration: 2, endpoint: "https://edge-8:2376", conditions: [ready] };
    expect(merge(current, "connection", part)).toEqual({
      observedGeneration: 2,
      endpoint: "https://edge-8:2376",
      conditions: [ready, checked, available],
      updates: { total: 3 },
    });
  });

  it("replaces everything that the updates own, and does not change the connection's part", () => {
    expect(merge(current, "updates", { conditions: [failed], updates: { total: 4 } })).toEqual({
      ...current,
      conditions: [notReady, reconciling, failed],
      updates: { total: 4 },
    });
    expect(merge(current, "updates", { conditions: [failed] }).updates).toBeUndefined();
  });

  it("starts from an empty status", () => {
    expect(merge({}, "updates", { conditions: [checked] })).toEqual({ conditions: [checked] });
    expect(merge({}, "connection", { conditions: [ready] })).toEqual({ conditions: [ready] });
  });
});

describe("isStatusApplied", () => {
  const isApplied = (owner: StatusOwner, part: DockerHostStatus, from = current) =>
    isStatusApplied(DOCKER_HOST.owners, from, owner, part);
  const { updates, ...connection } = { ...current, conditions: [reconciling, notReady] };

  it("recognizes what an owner applied, in any order of conditions", () => {
    expect(isApplied("connection", connection)).toBe(true);
    expect(isApplied("updates", { updates, conditions: [available, checked] })).toBe(true);
  });

  it.each<[string, StatusOwner, DockerHostStatus]>([
    ["another value", "connection", { ...connection, endpoint: "https://edge-8:2376" }],
    ["a field more", "connection", { ...connection, serverVersion: "29.0.0" } as DockerHostStatus],
    [
      "a field less",
      "connection",
      { observedGeneration: 1, warnings: ["Careful."], conditions: connection.conditions },
    ],
    ["a condition less", "updates", { updates, conditions: [checked] }],
    ["another condition", "updates", { updates, conditions: [failed, available] }],
  ])("notices %s", (_what, owner, part) => {
    expect(isApplied(owner, part)).toBe(false);
  });

  it("does not recognise a condition of another owner", () => {
    const foreign = JSON.parse(JSON.stringify({ ...ready, type: "Foreign" })) as Condition;
    expect(
      isApplied("connection", connection, { ...current, conditions: [...(current.conditions ?? []), foreign] }),
    ).toBe(false);
  });
});
