import { describe, expect, it } from "vitest";
import { containerUpdate, DIGEST } from "../../test/support/container-update.ts";
import { condition } from "../../test/support/docker-host.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import { type ContainerUpdateStatus, UPDATE_PHASES } from "../api/container-update-status.ts";
import { updateLists, updateRows } from "./last-updates.ts";

const at = (second: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1_000).toISOString();

const update = (name: string, created: number, status: ContainerUpdateStatus = {}, spec: object = {}) =>
  containerUpdate(spec, status, { name, uid: name, creationTimestamp: at(created) });
const ended = (name: string, created: number, completed: number) =>
  update(name, created, { phase: "Succeeded", completionTime: at(completed) });
const lastUpdates = (updates: readonly ContainerUpdateObject[], options: Parameters<typeof updateLists>[1] = {}) => {
  const { inProgress, ended } = updateLists(updates, options);
  return { inProgress: updateRows(inProgress), ended: updateRows(ended) };
};
const names = (updates: readonly { readonly name: string }[]) => updates.map(({ name }) => name);

describe("the last updates", () => {
  it("are those in progress, the newest first, and those that ended, the last one first", () => {
    const { inProgress, ended: results } = lastUpdates([
      ended("short", 10, 20),
      update("old", 1, { phase: "Pulling" }),
      ended("long", 5, 30),
      update("new", 2),
    ]);
    expect([names(inProgress), names(results)]).toEqual([
      ["new", "old"],
      ["long", "short"],
    ]);
  });

  it.each(UPDATE_PHASES)("have a list for each phase: %s", (phase) => {
    const { inProgress, ended: results } = lastUpdates([update("a", 1, { phase })]);
    expect(inProgress.length + results.length).toBe(1);
    expect(results.length).toBe(
      ["Succeeded", "RolledBack", "Failed", "Superseded", "Cancelled"].includes(phase) ? 1 : 0,
    );
  });

  it("are those of one host in its namespace, if one is given", () => {
    const elsewhere = containerUpdate({}, {}, { name: "elsewhere", namespace: "other" });
    const updates = [
      update("its", 1),
      update("another", 2, {}, { hostRef: { name: "edge-8" } }),
      elsewhere,
      update("odd", 3, {}, { hostRef: null }),
    ];
    expect(names(lastUpdates(updates, { host: "fleet/edge-7" }).inProgress)).toEqual(["its"]);
    expect(names(lastUpdates(updates, { host: "other/edge-7" }).inProgress)).toEqual(["elsewhere"]);
  });

  it.each([{ digest: "latest" }, { container: "" }, { hostRef: "edge-7" }, { image: 1 }])(
    "leave out one whose spec cannot be read: %j",
    (spec) => {
      expect(names(lastUpdates([update("odd", 2, {}, spec), update("good", 1)]).inProgress)).toEqual(["good"]);
    },
  );

  it.each([
    ["db:2", ["database"]],
    ["FLEET/edge-8 data", ["database"]],
    ["shop/web:1", ["web", "other"]],
    ["rolledback", ["other"]],
    ["edge-7 edge-8", []],
    [" ", ["database", "web", "other"]],
  ])("are those that a search finds: %j", (search, found) => {
    const updates = [
      update("database", 3, {}, { hostRef: { name: "edge-8" }, container: "db", image: "db:2" }),
      update("web", 2, { phase: "Pulling" }),
      update("other", 1, { phase: "RolledBack" }),
    ];
    const { inProgress, ended: results } = lastUpdates(updates, { search });
    expect(names([...inProgress, ...results])).toEqual(found);
  });

  it("say what ran before, how long it was down, and why one did not succeed", () => {
    const because = { conditions: [condition("Ready", "False", "HealthCheckFailed", { message: "It exits" })] };
    const before = { imageID: "sha256:1", digest: "sha256:2" };
    const row = (status: ContainerUpdateStatus) => {
      const { inProgress, ended: results } = lastUpdates([update("a", 1, status)]);
      return { ...inProgress[0], ...results[0] };
    };
    expect(row({ phase: "RolledBack", before, downtime: "1.8s", completionTime: at(9), ...because })).toMatchObject({
      ...{ host: "fleet/edge-7", container: "web", image: "shop/web:1", from: "sha256:2", to: DIGEST },
      ...{ downtime: "1.8s", created: at(1), ended: at(9), message: "It exits", isBlocked: false },
    });
    expect(row({ phase: "Succeeded", before: { imageID: "sha256:1" }, ...because })).toMatchObject({
      from: "sha256:1",
      message: undefined,
    });
    expect(row({})).toMatchObject({ phase: "Pending", from: undefined, message: undefined });
  });

  it("mark one that is blocked until somebody changes something", () => {
    const stalled = { conditions: [condition("Stalled", "True", "UpdatesNotAllowed")] };
    const isBlocked = (status: ContainerUpdateStatus) => {
      const { inProgress, ended: results } = lastUpdates([update("a", 1, status)] as ContainerUpdateObject[]);
      return [...inProgress, ...results].map((row) => row.isBlocked);
    };
    expect(isBlocked({ phase: "Pending", ...stalled })).toEqual([true]);
    expect(isBlocked({ phase: "Pending" })).toEqual([false]);
    expect(isBlocked({ phase: "Failed", ...stalled })).toEqual([false]);
  });
});
