import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/support/fake-clock.ts";
import { FakeLeaseLock } from "../../../test/support/fake-lease-lock.ts";
import { examineLease } from "./lease-examination.ts";

const lease = { namespace: "system", name: "op" };

function examination(waitMs = 60_000) {
  const clock = new FakeClock();
  const lock = new FakeLeaseLock();
  const own = lock.connection();
  const found = examineLease({ lock: own, lease, waitMs, clock }, new AbortController().signal);
  const renew = (holderIdentity: string | undefined, second: number) =>
    lock.set({ holderIdentity, renewTime: `2026-01-01T00:00:0${second}.000000Z` });
  return { clock, own, found, renew };
}

describe("examineLease", () => {
  it("finds a leader that renews, whatever the time in the Lease", async () => {
    const { clock, found, renew } = examination();
    renew("pod-a", 1);
    await clock.advance(2_000);
    renew("pod-a", 2);
    await clock.advance(2_000);
    expect(await found).toEqual({ level: "ok", message: "pod-a leads with Lease system/op" });
  });

  it("waits for a leader, through errors and a change of the holder", async () => {
    const { clock, own, found, renew } = examination();
    own.fail = "dead";
    await clock.advance(5_000);
    own.fail = undefined;
    renew("pod-a", 1);
    await clock.advance(1_000);
    renew("pod-b", 2);
    await clock.advance(1_000);
    renew("pod-b", 3);
    await clock.advance(1_000);
    expect(await found).toMatchObject({ level: "ok", message: "pod-b leads with Lease system/op" });
  });

  it.each([
    ["nobody holds it", ""],
    ["its holder pod-a does not renew it", "pod-a"],
  ])("reports that %s", async (why, holder) => {
    const { clock, found, renew } = examination();
    renew(holder || undefined, 1);
    await clock.advance(61_000);
    expect(await found).toMatchObject({
      level: "problem",
      message: `No controller leads with Lease system/op: ${why}`,
    });
  });

  it("reports that there is no Lease", async () => {
    const { clock, found } = examination();
    await clock.advance(61_000);
    expect((await found).message).toBe("No controller leads with Lease system/op: not found");
  });
});
