import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../../test/support/fake-clock.ts";
import { FakeLeaseLock } from "../../../test/support/fake-lease-lock.ts";
import { MemoryLogger } from "../../../test/support/memory-logger.ts";
import { failure } from "../../common/result.ts";
import { LeaderElector } from "./leader-elector.ts";
import { RenamedLeaseLock } from "./renamed-lease.ts";

const timings = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const OLD = ["fleet-6d5f8b7c9d-x2x4z_1", "fleet-6d5f8b7c9d-bcdfg_2"] as const;
const NEW = ["fleet-7f9c6b5d4f-q8q9w_3", "fleet-7f9c6b5d4f-vwxz2_4"] as const;
const OTHER = "edge-5c4d6f7b8c-zzx42_5";

let clock: FakeClock;
let former: FakeLeaseLock;
let current: FakeLeaseLock;

beforeEach(() => {
  clock = new FakeClock();
  former = new FakeLeaseLock();
  current = new FakeLeaseLock();
});

function candidate(identity: string, isNew = NEW.some((name) => name === identity)) {
  const [old, now] = [former.connection(), current.connection()];
  const stop = new AbortController();
  const elector = new LeaderElector({
    lock: isNew ? new RenamedLeaseLock(now, old, identity) : old,
    identity,
    timings,
    releaseOnCancel: true,
    clock,
    random: () => 0.5,
    logger: new MemoryLogger(),
    onLost: () => {},
  });
  const ended = elector.run(stop.signal);
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { elector, old, end, leads: () => elector.isLeader };
}

const holders = () => [former, current].map(({ lease }) => lease?.spec?.holderIdentity);

describe("a Lease that has a new name", () => {
  it("is the only one where no process ever used the former", async () => {
    const one = candidate(NEW[0]);
    await clock.advance(60_000);
    expect([one.leads(), holders()]).toEqual([true, [undefined, NEW[0]]]);
    expect(former.lease).toBeUndefined();
    expect(one.old.reads).toBe(1);
  });

  it("lets an old or a new process lead during an upgrade, and never both", async () => {
    const processes = [candidate(OLD[0]), candidate(OLD[1])];
    await settle();
    processes.push(candidate(NEW[0]), candidate(NEW[1]));
    const leaders = async (ms: number) => {
      const counts = new Set<number>();
      for (let passed = 0; passed < ms; passed += 500) {
        await clock.advance(500);
        counts.add(processes.filter(({ leads }) => leads()).length);
      }
      return Math.max(...counts);
    };
    expect(await leaders(30_000)).toBe(1);
    for (const process of processes.slice(0, 3)) {
      await process.end();
      expect(await leaders(30_000)).toBe(1);
    }
    expect(holders()).toEqual([NEW[1], NEW[1]]);
    // As at a rollback: what is given back under the new name is free under the former one.
    const old = candidate("fleet-6d5f8b7c9d-hjklm_6");
    processes.push(old);
    expect(await leaders(30_000)).toBe(1);
    expect(old.leads()).toBe(false);
    await processes[3]?.end();
    expect(await leaders(30_000)).toBe(1);
    expect(old.leads()).toBe(true);
  });

  it("waits for an old process that died", async () => {
    const old = candidate(OLD[0]);
    await settle();
    old.old.fail = "dead";
    const one = candidate(NEW[0]);
    await clock.advance(14_000);
    expect(one.leads()).toBe(false);
    await clock.advance(4_000);
    expect([one.leads(), old.leads()]).toEqual([true, false]);
  });

  it("is independent of another Deployment that holds the former one", async () => {
    const other = candidate(OTHER);
    await settle();
    const one = candidate(NEW[0]);
    await clock.advance(60_000);
    expect([one.leads(), other.leads(), holders()]).toEqual([true, true, [OTHER, NEW[0]]]);
  });

  it("is lost when somebody takes the former one", async () => {
    former.set({ leaseDurationSeconds: 1 });
    const one = candidate(NEW[0]);
    await settle();
    expect(one.leads()).toBe(true);
    former.set({ holderIdentity: OLD[0], leaseDurationSeconds: 15 });
    await clock.advance(3_000);
    expect(one.leads()).toBe(false);
  });

  it("is the only one that counts without permission to read the former, and waits if reading it fails", async () => {
    const read = (kind: "Forbidden" | "Timeout") => async () => failure({ kind, message: kind } as const);
    const lock = (kind: "Forbidden" | "Timeout") =>
      new RenamedLeaseLock(
        current.connection(),
        { ...former.connection(), read: read(kind), write: read(kind) },
        NEW[0],
      );
    current.set({ leaseDurationSeconds: 1 });
    const { signal } = new AbortController();
    expect(await lock("Forbidden").read(signal)).toMatchObject({ ok: true });
    expect(await lock("Timeout").read(signal)).toMatchObject({ ok: false, failure: { kind: "Timeout" } });
  });
});
