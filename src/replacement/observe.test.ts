import { describe, expect, it } from "vitest";
import type { ListedDetails } from "../docker/engine-details.ts";
import { findTransactions } from "./observe.ts";
import type { MemberRecord } from "./request.ts";
import { placeName, readPlaceName } from "./transaction-label.ts";

const TXN = "0123456789ab";
const OLD = "a".repeat(64);
const listed = (name: string): ListedDetails => ({
  id: OLD,
  name,
  image: "",
  imageId: "",
  state: "exited",
  labels: {},
});
const stored = (...members: readonly MemberRecord[]) => ({ txn: TXN, phase: "Replacing", members }) as const;
const record = { name: "web", oldId: OLD, newId: "b".repeat(64), wasRunning: false };

describe("the name of an old container", () => {
  it.each([
    ["-old", undefined],
    ["-old-always", { Name: "always" }],
    ["-old-on-failure", { Name: "on-failure" }],
    ["-old-on-failure-5", { Name: "on-failure", MaximumRetryCount: 5 }],
  ])("with %s shows the policy that was removed from it", (suffix, restartPolicy) => {
    const name = placeName("web", TXN, "old", restartPolicy);
    expect(name).toBe(`web.dockerhost-${TXN}${suffix}`);
    expect(readPlaceName(name)).toEqual({
      name: "web",
      txn: TXN,
      place: "old",
      ...(restartPolicy && { restartPolicy }),
    });
  });

  it.each(["-old-never", "-old-on-failure-0", "-old-always-x", "-older"])("is not recognised with %s", (suffix) => {
    expect(readPlaceName(`web.dockerhost-${TXN}${suffix}`)).toBeUndefined();
  });
});

describe("findTransactions, without a new container", () => {
  it("reads the policy from the name of the old one, even without a record", () => {
    const [found] = findTransactions([listed(placeName("web", TXN, "old", { Name: "always" }))]);
    expect(found).toMatchObject({ txn: TXN, remembered: [{ name: "web", restartPolicy: { Name: "always" } }] });
  });

  it("takes the rest from the record", () => {
    const [found] = findTransactions([listed(placeName("web", TXN, "old"))], stored(record));
    expect(found?.remembered).toMatchObject([{ name: "web", wasRunning: false, oldId: OLD }]);
  });

  it("finds an old one under its own name only by its record", () => {
    expect(findTransactions([listed("web")])).toEqual([]);
    expect(findTransactions([listed("other")], stored(record))).toEqual([]);
    const { newId: _, ...untouched } = record;
    expect(findTransactions([listed("web")], stored(untouched))).toEqual([]);
    expect(findTransactions([listed("web")], stored({ ...record, restartPolicy: { Name: "always" } }))).toMatchObject([
      { remembered: [{ name: "web", main: true, restartPolicy: { Name: "always" }, oldId: OLD }] },
    ]);
  });

  it("finds one that somebody has removed or renamed if it was being put back", () => {
    for (const names of [[], [listed("mine")]]) {
      expect(findTransactions(names, stored(record))).toEqual([]);
      expect(findTransactions(names, { ...stored(record), phase: "RollingBack" })).toMatchObject([
        { txn: TXN, remembered: [{ name: "web", main: true, oldId: OLD }] },
      ]);
    }
  });

  it("adds it to the transaction that the containers of its other records show", () => {
    const side = { name: "side", oldId: "c".repeat(64), wasRunning: true };
    const names = [listed("web"), { ...listed(placeName("side", TXN, "old")), id: side.oldId }];
    const { newId: _, ...main } = record;
    expect(findTransactions(names, stored(main, side))).toMatchObject([
      { txn: TXN, remembered: [{ name: "web", oldId: OLD }, { name: "side" }] },
    ]);
  });
});
