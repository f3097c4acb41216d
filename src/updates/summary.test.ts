import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_LENGTH } from "../api/condition-schema.ts";
import type { Reason } from "../api/reasons.ts";
import { type JudgedContainer, report } from "./check-report.ts";
import type { Verdict } from "./judgement.ts";
import { summarize } from "./summary.ts";

function judged(name: string, verdict: Verdict, reason?: Reason, message = `Message of ${reason}`): JudgedContainer {
  const facts = { id: name, name, image: "app:1", imageId: "", state: "running", labels: {} };
  return { container: facts, judgement: { verdict, ...(reason !== undefined && { failure: { reason, message } }) } };
}

const conditions = (...list: readonly JudgedContainer[]) => {
  const { UpdateCheckSucceeded: check, UpdatesAvailable: updates } = summarize(report(list));
  return { check: `${check.status}/${check.reason}`, updates: `${updates.status}/${updates.reason}` };
};

const upToDate = judged("ok", "UpToDate");
const outdated = judged("old", "Outdated");
const pending = judged("pending", "RestartPending");
const down = (name: string) => judged(name, "Failed", "RegistryUnreachable");
const absent = (name: string) => judged(name, "Failed", "ImageNotFound");

describe("the conditions of a check", () => {
  it.each([
    ["nothing to check", [], "True/CheckSucceeded", "False/UpToDate"],
    ["all up to date", [upToDate], "True/CheckSucceeded", "False/UpToDate"],
    [
      "pinned, local and too young",
      [judged("a", "Pinned"), judged("b", "LocalImage"), judged("c", "TooYoung")],
      "True/CheckSucceeded",
      "False/UpToDate",
    ],
    ["one outdated", [upToDate, outdated], "True/CheckSucceeded", "True/UpdatesFound"],
    ["one to be created again", [upToDate, pending], "True/CheckSucceeded", "True/UpdatesFound"],
    ["some failed", [upToDate, down("a")], "False/PartiallyFailed", "Unknown/CheckIncomplete"],
    ["some failed, one outdated", [outdated, down("a")], "False/PartiallyFailed", "True/UpdatesFound"],
    ["all failed alike", [down("a"), down("b")], "False/RegistryUnreachable", "Unknown/CheckIncomplete"],
    [
      "all asked failed alike",
      [judged("p", "Pinned"), down("a")],
      "False/RegistryUnreachable",
      "Unknown/CheckIncomplete",
    ],
    ["all failed, for several reasons", [down("a"), absent("b")], "False/PartiallyFailed", "Unknown/CheckIncomplete"],
  ] as const)("%s", (_, list, check, updates) => {
    expect(conditions(...list)).toEqual({ check, updates });
  });

  it("say what was found and what failed", () => {
    const summary = summarize(report([upToDate, outdated, pending, down("b"), down("a"), absent("c")]));
    expect(summary.UpdatesAvailable.message).toBe("Of 6 containers: 1 outdated (old); 1 to be created again (pending)");
    expect(summary.UpdateCheckSucceeded.message).toBe(
      "Could not check 3 of 6 containers: RegistryUnreachable (2), first a: Message of RegistryUnreachable; ImageNotFound (1), first c: Message of ImageNotFound",
    );
    expect(summarize(report([down("a")])).UpdateCheckSucceeded.message).toBe(
      "Could not check 1 container: Message of RegistryUnreachable",
    );
    expect(summarize(report([upToDate, down("a")])).UpdatesAvailable.message).toBe(
      "No update seen, but 1 of 2 containers could not be checked",
    );
  });

  it("mention what is too young", () => {
    expect(summarize(report([upToDate, judged("new", "TooYoung")])).UpdatesAvailable.message).toBe(
      "No update for 2 containers; 1 too young to count",
    );
  });

  it.each([
    [{}, "There is no container to check", "Checked 0 containers"],
    [{ UpToDate: 8 }, "No update for 8 containers", "Checked 8 containers"],
    [
      { UpToDate: 1, Pinned: 4, LocalImage: 3 },
      "No update for the 1 container compared; 4 pinned, 3 local",
      "Checked 1 container; 4 pinned, 3 local",
    ],
    [
      { UpToDate: 2, TooYoung: 1, Excluded: 5 },
      "No update for the 3 containers compared; 1 too young to count; 5 excluded",
      "Checked 3 containers; 5 excluded",
    ],
    [
      { Pinned: 1, LocalImage: 1, Excluded: 1 },
      "There is nothing to compare; 1 pinned, 1 local, 1 excluded",
      "Checked 0 containers; 1 pinned, 1 local, 1 excluded",
    ],
  ] as const)("say how many were compared: %j", (verdicts, updates, check) => {
    const all = Object.entries(verdicts).flatMap(([verdict, count]) =>
      Array.from({ length: count }, (_, i) => judged(`${verdict}-${i}`, verdict as Verdict)),
    );
    const summary = summarize(report(all));
    expect(summary.UpdatesAvailable).toEqual({ status: "False", reason: "UpToDate", message: updates });
    expect(summary.UpdateCheckSucceeded).toEqual({ status: "True", reason: "CheckSucceeded", message: check });
  });

  it("stay within the bounds of the API", () => {
    const many = Array.from({ length: 200 }, (_, i) => judged("x".repeat(250) + i, "Outdated"));
    const long = judged("y", "Failed", "RegistryBadResponse", "z".repeat(5_000));
    const summary = summarize(report([...many, long]));
    expect(summary.UpdatesAvailable.message.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    expect(summary.UpdateCheckSucceeded.message.length).toBe(MAX_MESSAGE_LENGTH);
    expect(summary.UpdatesAvailable.message).toContain("200 outdated");
  });

  it("are the same whatever the order of the containers", () => {
    const list = [outdated, down("a"), absent("b"), down("c"), pending];
    expect(summarize(report(list.toReversed()))).toEqual(summarize(report(list)));
  });
});
