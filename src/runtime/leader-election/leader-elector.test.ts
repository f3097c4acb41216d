import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { FakeLeaseLock } from "../../../test/support/fake-lease-lock.ts";
import { MemoryLogger } from "../../../test/support/memory-logger.ts";
import { LeaderElector, type LeaderElectorOptions } from "./leader-elector.ts";

const timings = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

let clock: FakeClock;
let lock: FakeLeaseLock;
let logger: MemoryLogger;

beforeEach(() => {
  clock = new FakeClock();
  lock = new FakeLeaseLock();
  logger = new MemoryLogger();
});

function candidate(identity: string, more: Partial<LeaderElectorOptions> = {}) {
  const own = lock.connection();
  const lost: number[] = [];
  const changes: boolean[] = [];
  const stop = new AbortController();
  const elector = new LeaderElector({
    lock: own,
    identity,
    timings,
    releaseOnCancel: true,
    clock,
    random: () => 0.5,
    logger,
    onLost: () => lost.push(clock.monotonic()),
    onChange: (isLeader) => changes.push(isLeader),
    ...more,
  });
  const ended = elector.run(stop.signal);
  return { elector, own, lost, changes, stop, ended };
}

const never = new AbortController().signal;

describe("LeaderElector", () => {
  it("takes a lease that nobody has, and keeps it by renewing", async () => {
    const a = candidate("a");
    expect(await a.elector.elected(never)).toBe(true);
    await clock.advance(120_000);
    expect(a.elector.isLeader).toBe(true);
    expect(lock.lease?.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 0 });
    expect(a.lost).toEqual([]);
    // A read and a write to take it; then only writes.
    expect(a.own.reads).toBe(1);
  });

  it("lets one lead, and another only once it has not seen a renewal for the lease's whole duration", async () => {
    const a = candidate("a");
    await settle();
    const b = candidate("b");
    await clock.advance(60_000);
    expect([a.elector.isLeader, b.elector.isLeader]).toEqual([true, false]);
    expect([a.elector.transitions, b.elector.transitions]).toEqual([0, undefined]);
    const { lease } = a.elector;
    expect([lease, b.elector.lease]).toEqual([expect.any(String), undefined]);
    a.own.fail = "dead";
    const diedAt = clock.monotonic();
    await clock.advance(14_900);
    expect(b.elector.isLeader).toBe(false);
    await clock.advance(15_000 + 2.2 * 2_000 - 14_900);
    expect(b.elector.isLeader).toBe(true);
    expect([a.elector.transitions, b.elector.transitions]).toEqual([undefined, 1]);
    expect([a.elector.lease, b.elector.lease]).toEqual([undefined, lease]);
    // The old one had given up before.
    expect(a.lost).toHaveLength(1);
    expect((a.lost[0] ?? 0) - diedAt).toBeLessThanOrEqual(10_000);
  });

  it("takes over when the lease ends, and not only at its next attempt", async () => {
    lock.set({ holderIdentity: "old", leaseDurationSeconds: 15 });
    const a = candidate("a", { random: () => 0.7 });
    await clock.advance(14_999);
    expect(a.elector.isLeader).toBe(false);
    await clock.advance(1);
    expect(a.elector.isLeader).toBe(true);
  });

  it("does not believe dates: a lease whose date is long past is waited for, one from the future ends", async () => {
    const spec = { holderIdentity: "old", leaseDurationSeconds: 15 };
    lock.set({ ...spec, renewTime: "1999-01-01T00:00:00.000000Z" });
    const a = candidate("a");
    await clock.advance(14_900);
    expect(a.elector.isLeader).toBe(false);
    await clock.advance(4_500);
    expect(a.elector.isLeader).toBe(true);
    lock.set({ ...spec, holderIdentity: "future", renewTime: "2099-01-01T00:00:00.000000Z" });
    const b = candidate("b");
    await clock.advance(15_000 + 4_400);
    expect(b.elector.isLeader).toBe(true);
  });

  it("waits for as long as the lease's own holder says", async () => {
    lock.set({ holderIdentity: "patient", leaseDurationSeconds: 60 });
    const a = candidate("a");
    await clock.advance(59_000);
    expect(a.elector.isLeader).toBe(false);
    await clock.advance(5_400);
    expect(a.elector.isLeader).toBe(true);
  });

  it("gives up at the renew deadline, counted from before the last successful renewal was sent", async () => {
    const a = candidate("a");
    await settle();
    a.own.delay = (go) => void clock.after(1_500, go);
    await clock.advance(2_000);
    // Sent at 2 s, answered at 3.5 s; from then on nothing is.
    await clock.advance(1_500);
    a.own.fail = "dead";
    await clock.advance(8_400);
    expect(a.elector.isLeader).toBe(true);
    await clock.advance(200);
    expect(a.elector.isLeader).toBe(false);
    expect(a.lost).toEqual([12_000]);
    expect(a.changes).toEqual([true, false]);
    expect(logger.lines.at(-1)).toMatchObject({ level: "error", message: "The lease was lost" });
  });

  it("does not consider itself the leader after a pause of the process, until a write proves that nobody took over", async () => {
    const a = candidate("a");
    await settle();
    clock.skip(10_000);
    expect(a.elector.isLeader).toBe(false);
    await clock.advance(0);
    expect(a.elector.isLeader).toBe(true);
    clock.skip(20_000);
    lock.set({ holderIdentity: "b", leaseDurationSeconds: 15 });
    await clock.advance(0);
    expect(a.elector.isLeader).toBe(false);
    expect(a.lost).toHaveLength(1);
    expect(lock.lease?.spec?.holderIdentity).toBe("b");
  });

  it("gives up immediately when another holds the lease, as after a pause of the whole machine", async () => {
    const a = candidate("a");
    await settle();
    lock.set({ holderIdentity: "b", leaseDurationSeconds: 15 });
    await clock.advance(2_000);
    expect(a.lost).toEqual([2_000]);
    expect(lock.lease?.spec?.holderIdentity).toBe("b");
  });

  it("survives a few failures, a lost answer among them, and a deleted lease", async () => {
    const a = candidate("a");
    await settle();
    a.own.fail = "dead";
    await clock.advance(6_000);
    a.own.fail = undefined;
    await clock.advance(6_000);
    a.own.fail = "answer lost";
    await clock.advance(2_000);
    a.own.fail = undefined;
    await clock.advance(6_000);
    lock.set(undefined);
    await clock.advance(6_000);
    expect(a.elector.isLeader).toBe(true);
    expect(lock.lease?.spec?.holderIdentity).toBe("a");
    expect(a.lost).toEqual([]);
  });

  it("finds out that a write whose answer was lost made it the leader", async () => {
    const a = candidate("a");
    a.own.fail = "answer lost";
    await settle();
    expect(a.elector.isLeader).toBe(false);
    a.own.fail = undefined;
    await clock.advance(4_400);
    expect(a.elector.isLeader).toBe(true);
  });

  it("gives the lease back when it is stopped, so that another takes over with its next try", async () => {
    const a = candidate("a");
    await settle();
    const b = candidate("b");
    await settle();
    a.stop.abort();
    await a.ended;
    expect(a.lost).toEqual([]);
    expect(lock.lease?.spec).not.toHaveProperty("holderIdentity");
    await clock.advance(4_400);
    expect(b.elector.isLeader).toBe(true);
    expect(lock.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  });

  it("gives back no lease that another has taken meanwhile", async () => {
    const a = candidate("a");
    await settle();
    lock.set({ holderIdentity: "b", leaseDurationSeconds: 15 });
    a.stop.abort();
    await a.ended;
    expect(lock.lease?.spec).toMatchObject({ holderIdentity: "b" });
  });

  it("gives back also the lease whose last renewal was never answered", async () => {
    const a = candidate("a");
    await settle();
    a.own.fail = "answer lost";
    await clock.advance(2_000);
    a.own.fail = undefined;
    a.stop.abort();
    await a.ended;
    expect(lock.lease?.spec).not.toHaveProperty("holderIdentity");
  });

  it("keeps the lease to its end if it is configured to", async () => {
    const a = candidate("a", { releaseOnCancel: false });
    await settle();
    a.stop.abort();
    await a.ended;
    expect(lock.lease?.spec?.holderIdentity).toBe("a");
    expect(a.elector.isLeader).toBe(false);
  });

  it("reports to a waiting caller that it will not lead", async () => {
    lock.set({ holderIdentity: "b", leaseDurationSeconds: 15 });
    const a = candidate("a");
    const waited = a.elector.elected(never);
    const impatient = new AbortController();
    const gaveUp = a.elector.elected(impatient.signal);
    await settle();
    impatient.abort();
    expect(await gaveUp).toBe(false);
    a.stop.abort();
    await a.ended;
    expect(await waited).toBe(false);
    expect(lock.lease?.spec?.holderIdentity).toBe("b");
  });

  it("says once what it waits for, and again when that changes", async () => {
    lock.set({ holderIdentity: "b", leaseDurationSeconds: 600 });
    candidate("a");
    await clock.advance(60_000);
    lock.set({ holderIdentity: "c", leaseDurationSeconds: 600 });
    await clock.advance(60_000);
    expect(logger.lines.map(({ fields }) => fields.detail)).toEqual(["b holds the lease", "c holds the lease"]);
  });
});
