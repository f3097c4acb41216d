import { describe, expect, it } from "vitest";
import { checked, failedToList, failing, plan, upToDate, wait } from "../../../test/support/update-plan.ts";
import { type Reason, reasonEntry, reasons } from "../../api/reasons.ts";

const ORDINARY_MS = wait(plan(checked([upToDate])));
const group = (reason: Reason) => ({ reason, count: 1, container: "db", message: "no" });
const all = Object.keys(reasons) as Reason[];
const ofChecks = all.filter((reason) => reasonEntry(reason).condition === "UpdateCheckSucceeded");
const ofConnections = all.filter((reason) => reasonEntry(reason).condition === "Connected");
const retried = (list: readonly Reason[], retry: string) =>
  list.filter((reason) => reasonEntry(reason).retry === retry);

describe("a failed check", () => {
  it.each(retried(ofChecks, "interval"))("for %s is tried again at the ordinary time, as the table says", (reason) => {
    for (const failures of [1, 5]) {
      expect(wait(plan(failedToList(reason), { failures }))).toBe(ORDINARY_MS);
      expect(wait(plan(checked([failing], { failures: [group(reason)] }), { failures }))).toBe(ORDINARY_MS);
      expect(wait(plan(checked([upToDate], { tagFailures: [group(reason)] }), { failures }))).toBe(ORDINARY_MS);
    }
  });

  it.each(retried([...ofChecks, ...ofConnections], "backoff"))(
    "for %s is tried again with increasing delay",
    (reason) => {
      const waits = (outcome: Parameters<typeof plan>[0]) =>
        [1, 2, 9].map((failures) => wait(plan(outcome, { failures })) / 60_000);
      expect(waits(failedToList(reason))).toEqual([1, 2, 60]);
      expect(waits(checked([failing], { failures: [group(reason)] }))).toEqual([1, 2, 60]);
      expect(waits(checked([upToDate], { tagFailures: [group(reason)] }))).toEqual([1, 2, 60]);
    },
  );

  it.each(retried(ofConnections, "interval"))("for %s is tried again at the connection's interval", (reason) => {
    expect(wait(plan(failedToList(reason), { failures: 3 }))).toBe(5 * 60_000);
  });

  it("for several reasons is tried again for the one that may pass first", () => {
    const mixed = checked([failing], { failures: [group("ImageNotFound"), group("RegistryTimedOut")] });
    expect(wait(plan(mixed, { failures: 1 }))).toBe(60_000);
    const tags = checked([failing], {
      failures: [group("ImageNotFound")],
      tagFailures: [group("RegistryServerError")],
    });
    expect(wait(plan(tags, { failures: 2 }))).toBe(120_000);
  });

  it("is never tried again later than at the ordinary time", () => {
    const spec = { updateCheck: { interval: "5m", timeout: "1m" } };
    const ordinary = wait(plan(checked([upToDate]), { spec }));
    for (const reason of ["ServerNameMismatch", "ImageNotFound", "RegistryTimedOut"] as const)
      expect(wait(plan(failedToList(reason), { spec, failures: 9 }))).toBeLessThanOrEqual(ordinary);
  });
});
