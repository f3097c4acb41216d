import { describe, expect, it } from "vitest";
import { containerUpdate, MemoryUpdates } from "../../test/support/container-update.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { InstantClock } from "../../test/support/instant-clock.ts";
import { NEW, OLD, step, TXN, UNHEALTHY } from "../../test/support/update-world.ts";
import { advised } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { success } from "../common/result.ts";
import type { PullEvent } from "../docker/pull-event.ts";
import type { StatusSave } from "../runtime/objects.ts";
import { Journal, storedCause } from "./journal.ts";

const KEY = "fleet/web";
const DONE = success(undefined);
const PULL = step("Pulling", "Pull");
const UNDONE = advised("UpdateUndone", "The update was interrupted");
const layer = (current: number): PullEvent => ({ layer: "3f2a9c1d0b44", state: "downloading", current, total: 4e6 });

class Desk {
  readonly updates = new MemoryUpdates();
  readonly announced: string[] = [];
  readonly stopping = new AbortController();
  readonly journal: Journal;

  constructor(clock: Clock = new FakeClock(), update = containerUpdate()) {
    this.updates.put(update);
    const { updates, announced, stopping } = this;
    const announce = ({ phase, reason }: { readonly phase: string; readonly reason: string }) =>
      announced.push(`${phase} ${reason}`);
    this.journal = new Journal({ updates, update, clock, signal: stopping.signal, announce });
  }

  get stored() {
    return this.updates.get(KEY);
  }

  get message(): string | undefined {
    return this.stored?.status?.conditions?.find(({ type }) => type === "Ready")?.message;
  }

  /** As another controller or a user does it. */
  change(status: object, metadata: object = {}): void {
    const update = this.stored ?? containerUpdate();
    this.updates.put({
      ...update,
      metadata: { ...update.metadata, ...metadata },
      status: { observedGeneration: 1, ...update.status, ...status },
    });
  }

  /** The API server answers so to the next writes. */
  answer(...answers: readonly (StatusSave | Error)[]): void {
    const left = [...answers];
    const save = this.updates.saveStatus.bind(this.updates);
    this.updates.saveStatus = async (...args) => {
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer ?? (await save(...args));
    };
  }
}

describe("what is recorded", () => {
  it("is stored before the next change if the phase, a container or the cause is new, and else every 15 s", async () => {
    const clock = new FakeClock();
    const desk = new Desk(clock);
    const writes = async (progress: Parameters<Journal["record"]>[0]) => {
      const before = desk.updates.written.length;
      expect(await desk.journal.record(progress)).toEqual(DONE);
      return desk.updates.written.slice(before);
    };
    expect(await writes(PULL)).toEqual(["Pulling PullingImage"]);
    expect(await writes(step("Pulling", "Tag"))).toEqual([]);
    expect(await writes(step("Replacing", "Create"))).toEqual(["Replacing ReplacingContainer"]);
    expect(await writes(step("Replacing", "StopOld", NEW))).toEqual(["Replacing ReplacingContainer"]);
    expect(await writes(step("Replacing", "RenameOld", NEW))).toEqual([]);
    await clock.advance(14_999);
    expect(await writes(step("Replacing", "RenameNew", NEW))).toEqual([]);
    await clock.advance(1);
    expect(await writes(step("Replacing", "StartNew", NEW))).toEqual(["Replacing ReplacingContainer"]);
    const because = { ...step("RollingBack", "StopNew", NEW), because: UNHEALTHY };
    expect(await writes(because)).toEqual(["RollingBack ContainerUnhealthy"]);
    expect(await writes({ ...because, step: "SetAside" })).toEqual([]);
    expect(desk.announced).toEqual([
      "Pulling PullingImage",
      "Replacing ReplacingContainer",
      "RollingBack ContainerUnhealthy",
    ]);
  });

  it("says while a hook runs in which container that is, as it may take an hour", async () => {
    const desk = new Desk(new FakeClock());
    const says = async (progress: Parameters<Journal["record"]>[0]) => {
      expect(await desk.journal.record(progress)).toEqual(DONE);
      return desk.message;
    };
    expect(await says(PULL)).toContain("The image is pulled");
    const before = desk.updates.written.length;
    expect(await says(step("Replacing", "Hook"))).toBe(
      "The pre-update hook runs in the old container, which runs as before",
    );
    await says(step("Replacing", "Hook"));
    expect(await says(step("Replacing", "Create"))).toBe("The old container is replaced by the new one");
    await says(step("Replacing", "Create"));
    expect(await says(step("Verifying", "Verify"))).toContain("has to prove itself");
    expect(await says(step("Verifying", "Hook"))).toBe(
      "The post-update hook runs in the new container, which has proved itself",
    );
    expect(await says(step("Verifying", "RemoveOld"))).toContain("has to prove itself");
    expect(desk.updates.written.length - before).toBe(5);
  });

  it("holds the details and the time of the start, which stays", async () => {
    const clock = new FakeClock();
    const desk = new Desk(clock);
    desk.journal.add({ before: { imageID: "sha256:old" } });
    await desk.journal.record(step("Replacing", "Create"));
    await clock.advance(60_000);
    await desk.journal.record(step("Verifying", "Verify", NEW));
    expect(desk.stored?.status).toMatchObject({
      before: { imageID: "sha256:old" },
      startTime: "2026-01-01T00:00:00Z",
      transaction: { id: TXN, oldID: OLD, newID: NEW },
    });
  });

  it("is the transaction that began last, also once the update has to wait", async () => {
    const desk = new Desk(new FakeClock());
    await desk.journal.record(step("Replacing", "Create", NEW));
    const { transaction } = desk.journal.status;
    if (transaction === undefined) throw new Error("it was not stored");
    desk.journal.add({ transaction: { ...transaction, undone: 1 } });
    const txn = "f".repeat(12);
    await desk.journal.record({ ...step("Replacing", "Create", NEW), txn });
    await desk.journal.conclude({ ...REPORT, phase: "Replacing" }, {});
    expect(desk.stored?.status?.transaction).toMatchObject({ id: txn, undone: 1 });
  });

  it("does not lose what a user changes meanwhile", async () => {
    const desk = new Desk(new InstantClock());
    await desk.journal.record(PULL);
    desk.change({}, { labels: { a: "b" } });
    expect(await desk.journal.record(step("Replacing", "Create"))).toEqual(DONE);
    expect([desk.stored?.metadata.labels, desk.stored?.status?.phase]).toEqual([{ a: "b" }, "Replacing"]);
  });

  it.each([
    ["another phase", { phase: "Verifying" }],
    ["another transaction", { transaction: { id: "f".repeat(12), step: "Create", oldID: OLD, wasRunning: true } }],
  ])("ends this process if somebody has stored %s", async (_, status) => {
    const desk = new Desk(new InstantClock());
    await desk.journal.record(PULL);
    desk.change(status);
    expect(await desk.journal.record(step("Replacing", "Create"))).toMatchObject({
      failure: { reason: "LeadershipLost" },
    });
    expect(desk.stored?.status).toMatchObject(status);
  });

  it.each([
    ["was deleted", (desk: Desk) => desk.updates.store.remove(KEY)],
    ["was created again", (desk: Desk) => desk.change({}, { uid: "u-another" })],
  ])("is nothing if the update %s", async (_, act) => {
    const desk = new Desk(new InstantClock());
    act(desk);
    expect(await desk.journal.record(PULL)).toEqual(DONE);
    expect(desk.updates.written).toEqual([]);
  });
});

describe("a status that cannot be stored", () => {
  it("is tried again after each change that arrives", async () => {
    const desk = new Desk(new InstantClock());
    desk.answer("changed", "changed");
    expect(await desk.journal.record(PULL)).toEqual(DONE);
    expect(desk.stored?.status?.phase).toBe("Pulling");
  });

  it.each([
    ["changes again and again", Array<StatusSave>(10).fill("changed"), "it was changed again and again"],
    ["is refused", [new Error("403 Forbidden")], "403 Forbidden"],
  ])("interrupts the update: it %s", async (_, answers, why) => {
    const desk = new Desk(new InstantClock());
    desk.answer(...answers);
    expect(await desk.journal.record(PULL)).toMatchObject({
      failure: { reason: "UpdateInterrupted", message: expect.stringContaining(why) },
    });
    expect([desk.announced, desk.journal.phase]).toEqual([[], undefined]);
    // What was not stored is stored by the next one.
    expect(await desk.journal.record(PULL)).toEqual(DONE);
    expect(desk.announced).toEqual(["Pulling PullingImage"]);
  });

  it("does not keep the old container from being put back", async () => {
    const desk = new Desk(new InstantClock());
    await desk.journal.record(PULL);
    desk.answer(new Error("no API server"), new Error("no API server"));
    const back = { ...step("RollingBack", "StopNew", NEW), because: UNHEALTHY };
    expect(await desk.journal.record(back)).toEqual(DONE);
    expect(desk.announced).toEqual(["Pulling PullingImage"]);
    expect(await desk.journal.record(step("Verifying", "Verify", NEW))).toMatchObject({ ok: false });
  });

  it("that shows only the progress of a pull is forgotten", async () => {
    const clock = new FakeClock();
    const desk = new Desk(clock);
    await desk.journal.record(PULL);
    await clock.advance(15_000);
    desk.answer(new Error("no API server"));
    desk.journal.onPull(layer(1e6));
    expect(await desk.journal.conclude({ ...REPORT, phase: "Succeeded" }, {})).toEqual(DONE);
    expect(desk.stored?.status?.phase).toBe("Succeeded");
  });
});

const REPORT = { phase: "Pending", state: "waiting", reason: "HostNotFound", message: "It waits" } as const;

describe("the progress of a pull", () => {
  it("is stored at most every 15 s, and only while it is pulled", async () => {
    const clock = new FakeClock();
    const desk = new Desk(clock);
    desk.journal.onPull(layer(1e6));
    await clock.advance(60_000);
    expect(desk.updates.written).toEqual([]);
    await desk.journal.record(PULL);
    desk.journal.onPull(layer(2e6));
    await clock.advance(14_999);
    expect(desk.message).toBe("The image is pulled, and the old container runs as before");
    await clock.advance(1);
    for (const current of [2e6, 3e6, 4e6]) desk.journal.onPull(layer(current));
    await clock.advance(0);
    expect(desk.updates.written).toHaveLength(2);
    expect(desk.message).toMatch(/as before: 0 of 1 layer, 2\.0 MB of 4\.0 MB$/);
    await desk.journal.record(step("Replacing", "Create"));
    await clock.advance(15_000);
    desk.journal.onPull(layer(4e6));
    await clock.advance(0);
    expect(desk.updates.written).toHaveLength(3);
  });
});

describe("the cause that a status holds", () => {
  it("is the one with which the old container is put back, for another process", async () => {
    const first = new Desk(new InstantClock());
    await first.journal.record(PULL);
    await first.journal.record({ ...step("RollingBack", "StopNew", NEW), because: UNHEALTHY });
    const cause = { kind: "RolledBack", failure: { reason: UNHEALTHY.reason, message: UNHEALTHY.message } };
    expect(storedCause(first.journal.status)).toEqual(cause);
    // The recovery does not know it.
    const second = new Desk(new InstantClock(), first.stored);
    await second.journal.record({ ...step("RollingBack", "SetAside", NEW), because: UNDONE });
    expect(storedCause(second.journal.status)).toEqual(cause);
  });

  it.each([
    ["UpdateSuperseded", "Superseded"],
    ["UpdateCancelled", "Cancelled"],
    ["ContainerExited", "RolledBack"],
  ] as const)("ends the update as without an interruption: %s", async (reason, kind) => {
    const desk = new Desk(new InstantClock());
    await desk.journal.record({ ...step("RollingBack", "RenameBack", NEW), because: advised(reason, "It happened") });
    expect(storedCause(desk.journal.status)).toMatchObject({ kind, failure: { reason } });
  });

  it("is the one for which the new container is kept", async () => {
    const desk = new Desk(new InstantClock());
    await desk.journal.record({ ...step("Verifying", "SetAside", NEW), because: UNHEALTHY });
    expect(storedCause(desk.journal.status)).toMatchObject({ kind: "Kept", failure: { reason: UNHEALTHY.reason } });
  });

  it("is none if nothing has failed, or nobody knows why", async () => {
    expect(storedCause({ observedGeneration: 1 })).toBeUndefined();
    for (const progress of [
      PULL,
      step("RollingBack", "StopNew"),
      { ...step("RollingBack", "StopNew"), because: UNDONE },
    ]) {
      const desk = new Desk(new InstantClock());
      await desk.journal.record(progress);
      expect(storedCause(desk.journal.status)).toBeUndefined();
    }
  });
});
