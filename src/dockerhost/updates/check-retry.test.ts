import { describe, expect, it } from "vitest";
import {
  checked,
  conclusionOf,
  failedToList,
  failing,
  upToDate,
  wait,
} from "../../../test/support/update-conclusion.ts";
import { type Reason, reasonEntry, reasons } from "../../api/reasons.ts";

const ORDINARY_MS = wait(conclusionOf(checked([upToDate])));
const group = (reason: Reason) => ({ reason, count: 1, container: "db", message: "no" });
const all = Object.keys(reasons) as Reason[];
const ofChecks = all.filter((reason) => reasonEntry(reason).condition === "UpdateCheckSucceeded");
const ofConnections = all.filter((reason) => reasonEntry(reason).condition === "Connected");
const retried = (list: readonly Reason[], retry: string) =>
  list.filter((reason) => reasonEntry(reason).retry === retry);

describe("a failed check", () => {
  it.each(retried(ofChecks, "interval"))("for %s is tried again at the ordinary time, as the table says", (reason) => {
    for (const failures of [1, 5]) {
      expect(wait(conclusionOf(failedToList(reason), { failures }))).toBe(ORDINARY_MS);
      expect(wait(conclusionOf(checked([failing], { failures: [group(reason)] }), { failures }))).toBe(ORDINARY_MS);
      expect(wait(conclusionOf(checked([upToDate], { tagFailures: [group(reason)] }), { failures }))).toBe(ORDINARY_MS);
    }
  });

  it.each(retried([...ofChecks, ...ofConnections], "backoff"))(
    "for %s is tried again with increasing delay",
    (reason) => {
      const waits = (outcome: Parameters<typeof conclusionOf>[0]) =>
        [1, 2, 9].map((failures) => wait(conclusionOf(outcome, { failures })) / 60_000);
      expect(waits(failedToList(reason))).toEqual([1, 2, 60]);
      expect(waits(checked([failing], { failures: [group(reason)] }))).toEqual([1, 2, 60]);
      expect(waits(checked([upToDate], { tagFailures: [group(reason)] }))).toEqual([1, 2, 60]);
    },
  );

  it.each(retried(ofConnections, "interval"))("for %s is tried again at the connection's interval", (reason) => {
    expect(wait(conclusionOf(failedToList(reason), { failures: 3 }))).toBe(5 * 60_000);
  });

  it("for several reasons is tried again for the one that may pass first", () => {
    const mixed = checked([failing], { failures: [group("ImageNotFound"), group("RegistryTimedOut")] });
    expect(wait(conclusionOf(mixed, { failures: 1 }))).toBe(60_000);
    const tags = checked([failing], {
      failures: [group("ImageNotFound")],
      tagFailures: [group("RegistryServerError")],
    });
    expect(wait(conclusionOf(tags, { failures: 2 }))).toBe(120_000);
  });

  it("is never tried again later than at the ordinary time", () => {
    const spec = { updateCheck: { interval: "5m", timeout: "1m" } };
    const ordinary = wait(conclusionOf(checked([upToDate]), { spec }));
    for (const reason of ["ServerNameMismatch", "ImageNotFound", "RegistryTimedOut"] as const)
      expect(wait(conclusionOf(failedToList(reason), { spec, failures: 9 }))).toBeLessThanOrEqual(ordinary);
  });
});
