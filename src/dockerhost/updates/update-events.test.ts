import { describe, expect, it } from "vitest";
import { checked, conclusionOf, failedToList, outdated, upToDate } from "../../../test/support/update-conclusion.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import type { UpdateItem } from "../../updates/check-report.ts";
import type { UpdateOutcome } from "./update-pass.ts";

describe("events", () => {
  const eventsAfter = (outcome: UpdateOutcome, status: DockerHostStatus = {}) =>
    conclusionOf(outcome, { status, failures: outcome.kind === "failed" ? 1 : 0 }).events;
  const statusAfter = (items: readonly UpdateItem[], status: DockerHostStatus = {}): DockerHostStatus =>
    conclusionOf(checked(items, {}, status.updates?.seen), { status }).status;

  it("report an update once for each image and digest", () => {
    const [event, ...more] = eventsAfter(checked([outdated, upToDate]));
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
    expect(eventsAfter(again([outdated, upToDate]), after)).toEqual([]);
    const newer = { ...outdated, available: "sha256:c" };
    expect(eventsAfter(again([newer]), after)).toMatchObject([{ message: expect.stringContaining("sha256:c") }]);
    const moved = statusAfter([newer], after);
    expect(eventsAfter(again([outdated], moved), moved), "moved back").toEqual([]);
  });

  it("report it once even if the check failed in between", () => {
    const between = conclusionOf(failedToList(), { status: statusAfter([outdated]), failures: 1 }).status;
    expect(eventsAfter(checked([outdated], {}, between.updates?.seen), between).map(({ reason }) => reason)).toEqual([
      "CheckSucceeded",
    ]);
  });

  it("report it once even if it could not be checked in between", () => {
    const failed = statusAfter([{ ...outdated, verdict: "Failed" }], statusAfter([outdated]));
    expect(eventsAfter(checked([outdated], {}, failed.updates?.seen), failed).map(({ reason }) => reason)).toEqual([
      "CheckSucceeded",
    ]);
  });

  it("name a few of many", () => {
    const many = Array.from({ length: 8 }, (_, index) => ({
      ...outdated,
      container: `web-${index}`,
      image: `shop/web-${index}:1`,
    }));
    expect(eventsAfter(checked(many))[0]?.message).toMatch(/^Outdated: web-0 .* web-4 \(.*\) and 3 more$/);
  });

  it("report a failing check once, another cause, and when it succeeds again", () => {
    const first = conclusionOf(failedToList(), { failures: 1 }).status;
    expect(eventsAfter(failedToList())).toMatchObject([{ type: "Warning", reason: "DaemonError" }]);
    expect(eventsAfter(failedToList(), first)).toEqual([]);
    expect(eventsAfter(failedToList("AuthorizationDenied"), first)).toMatchObject([{ reason: "AuthorizationDenied" }]);
    expect(eventsAfter(checked([upToDate]), first)).toMatchObject([{ type: "Normal", reason: "CheckSucceeded" }]);
  });
});
