import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { NotifierWorld } from "../../test/support/notifier-world.ts";
import type { Attempt } from "./attempt.ts";

const DOWN: Attempt = { kind: "failed", why: "The receiver answered 503" };
const MINUTE = 60_000;

describe("the notifier", () => {
  it("sends what changes within the window as one message, and records it once per object", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.change("edge-1", "HostLost");
    await world.clock.advance(4_000);
    world.change("edge-2", "HostLost");
    await world.clock.advance(5_000);
    expect(world.sent).toEqual([]);
    await world.clock.advance(1_000);
    expect(world.messages).toEqual([["HostLost edge-1", "HostLost edge-2"]]);
    expect(world.sent[0]?.title).toBe("[tests] 2 hosts not ready");
    await world.clock.advance(60 * MINUTE);
    expect([world.sent.length, world.saves]).toEqual([1, 2]);
    await stop();
  });

  it("sends the changes of a host in their order, also over several messages", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.change("edge-1", "HostLost");
    await world.clock.advance(1_000);
    world.change("edge-1", "HostBack");
    await world.clock.advance(10_000);
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    expect(world.messages).toEqual([["HostLost edge-1", "HostBack edge-1"], ["HostLost edge-1"]]);
    await stop();
  });

  it("repeats a message under the same id until the receiver takes it, and then sends what came meanwhile", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.answers = [DOWN, DOWN, DOWN];
    world.change("edge-1", "HostLost");
    await world.clock.advance(11_000);
    world.change("edge-2", "HostLost");
    await world.clock.advance(MINUTE);
    expect(world.messages).toEqual([
      ["HostLost edge-1"],
      ["HostLost edge-1"],
      ["HostLost edge-1"],
      ["HostLost edge-1"],
      ["HostLost edge-2"],
    ]);
    expect(new Set(world.sent.slice(0, 4).map(({ id }) => id)).size).toBe(1);
    expect(world.counted.filter((each) => each.startsWith("delivered"))).toEqual(["delivered 1", "delivered 1"]);
    await stop();
  });

  it("logs a cause once, and when it no longer applies", async () => {
    const world = new NotifierWorld();
    const { stop, notifier } = world.start();
    world.answers = [DOWN, DOWN, { kind: "failed", why: "Another cause" }];
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    expect(notifier.problem).toBe("The receiver answered 503");
    await world.clock.advance(MINUTE);
    expect(
      world.logger.lines
        .filter(({ level }) => level !== "debug")
        .map(({ message, fields }) => [message, fields.detail]),
    ).toEqual([
      ["Notifications cannot be delivered", "The receiver answered 503"],
      ["Notifications cannot be delivered", "Another cause"],
      ["Notifications are delivered again", undefined],
    ]);
    expect(notifier.problem).toBeUndefined();
    await stop();
  });

  it("increases the delay up to five minutes, and waits for as long as the receiver asks", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.answers = [{ ...DOWN, retryAfterMs: 10 * MINUTE }, ...Array.from({ length: 100 }, () => DOWN)];
    world.change("edge-1", "HostLost");
    await world.clock.advance(10 * MINUTE);
    expect(world.sent).toHaveLength(1);
    await world.clock.advance(30_000);
    expect(world.sent.length).toBeGreaterThan(1);
    await world.clock.advance(60 * MINUTE);
    const [before] = [world.sent.length];
    await world.clock.advance(60 * MINUTE);
    expect(world.sent.length - before).toBe(12);
    await stop();
  });

  it("delivers after a restart what could not be delivered before, and nothing twice", async () => {
    const world = new NotifierWorld();
    const first = world.start();
    world.change("edge-0", "HostLost");
    await world.clock.advance(10_000);
    world.answers = Array.from({ length: 3 }, () => DOWN);
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    world.change("edge-1", "HostBack");
    await first.stop();
    const before = world.sent.length;
    world.answers = [];
    const second = world.start();
    await world.clock.advance(10_000);
    expect(world.messages.slice(before)).toEqual([["HostLost edge-1", "HostBack edge-1"]]);
    await second.stop();
    const third = world.start();
    await world.clock.advance(60 * MINUTE);
    expect(world.sent).toHaveLength(before + 1);
    await third.stop();
  });

  it("repeats under the same ids what was delivered but not recorded before a crash", async () => {
    const world = new NotifierWorld();
    const first = world.start();
    world.failingSaves = 1_000;
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    await first.stop();
    world.failingSaves = 0;
    const second = world.start();
    await world.clock.advance(10_000);
    const [delivered, again] = world.sent;
    expect(again?.id).toBe(delivered?.id);
    expect(again?.changes.map(({ id }) => id)).toEqual(delivered?.changes.map(({ id }) => id));
    await second.stop();
  });

  it("does not send again what only could not be recorded, and records it later", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.failingSaves = 2;
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    world.change("edge-1", "HostBack");
    await world.clock.advance(5 * MINUTE);
    expect(world.messages).toEqual([["HostLost edge-1"], ["HostBack edge-1"]]);
    expect(world.store.get("fleet/edge-1")?.status?.notified).toEqual({ connection: 2 });
    await stop();
  });

  it("completes an attempt that has begun, records its result, and begins no other", async () => {
    const world = new NotifierWorld();
    let end: (attempt: Attempt) => void = () => undefined;
    let given: AbortSignal | undefined;
    const deliver = (_: unknown, signal: AbortSignal) => {
      given = signal;
      return new Promise<Attempt>((resolve) => {
        end = resolve;
      });
    };
    const { stop } = world.start({ deliver });
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    const stopped = stop();
    await world.clock.advance(4_000);
    expect(given?.aborted).toBe(false);
    end({ kind: "delivered", status: 200 });
    await stopped;
    expect(world.store.get("fleet/edge-1")?.status?.notified).toEqual({ connection: 1 });
  });

  it("ends an attempt that takes longer than the grace period", async () => {
    const world = new NotifierWorld();
    let given: AbortSignal | undefined;
    const deliver = (_: unknown, signal: AbortSignal) => {
      given = signal;
      return new Promise<Attempt>((resolve) => signal.addEventListener("abort", () => resolve(DOWN)));
    };
    const { stop } = world.start({ deliver });
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    const stopped = stop();
    await world.clock.advance(5_000);
    await stopped;
    expect(given?.aborted).toBe(true);
    expect(world.saves).toBe(0);
  });

  it("sends nothing while another process leads, not even a message that it has begun to repeat", async () => {
    const world = new NotifierWorld();
    const leadership = { isLeader: true, transitions: 1, lease: "uid" };
    const { stop } = world.start({ leadership });
    world.answers = [DOWN];
    world.change("edge-1", "HostLost");
    await world.clock.advance(10_000);
    leadership.isLeader = false;
    await world.clock.advance(60 * MINUTE);
    expect(world.sent).toHaveLength(1);
    await stop();
  });

  it("gives up a message that the receiver refuses repeatedly, and continues with the next", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.answers = Array.from({ length: 3 }, (): Attempt => ({ kind: "refused", why: "The receiver answered 400" }));
    world.change("edge-1", "HostLost");
    await world.clock.advance(MINUTE);
    world.change("edge-2", "HostLost");
    await world.clock.advance(10_000);
    expect(world.messages.at(-1)).toEqual(["HostLost edge-2"]);
    expect(world.counted).toContain("dropped 1");
    expect(world.logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(world.events).toEqual([
      "edge-1 NotificationDropped: One change of this object was not reported. The receiver answered 400",
    ]);
    await stop();
  });

  it("drops only what the receiver refuses, and delivers the changes of the other objects", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start({
      deliver: async (message) => {
        world.sent.push(message);
        const isPoisoned = message.changes.some(({ name }) => name === "poison");
        return isPoisoned ? { kind: "refused", why: "The receiver answered 400" } : { kind: "delivered", status: 200 };
      },
    });
    for (let i = 0; i < 8; i++) world.change("poison", i % 2 === 0 ? "HostLost" : "HostBack", { namespace: "hostile" });
    for (let i = 0; i < 20; i++) world.change(`edge-${i}`, "HostLost");
    await world.clock.advance(10 * MINUTE);
    const accepted = world.messages.filter((each) => !each.some((change) => change.endsWith("poison"))).flat();
    expect(accepted.sort()).toEqual(Array.from({ length: 20 }, (_, i) => `HostLost edge-${i}`).sort());
    expect(world.events.map((event) => event.split(":")[0])).toEqual(["poison NotificationDropped"]);
    world.change("edge-0", "HostBack");
    world.change("edge-1", "HostBack");
    await world.clock.advance(10_000);
    expect(world.messages.at(-1)).toEqual(["HostBack edge-0", "HostBack edge-1"]);
    await stop();
  });

  it("delivers the changes of the other objects while those of one are denied, and keeps these in order", async () => {
    const world = new NotifierWorld();
    let isDenied = true;
    const { stop } = world.start({
      deliver: async (message) => {
        world.sent.push(message);
        const isPoisoned = isDenied && message.changes.some(({ name }) => name === "poison");
        return isPoisoned ? { kind: "denied", why: "The receiver answered 403" } : { kind: "delivered", status: 200 };
      },
    });
    world.change("poison", "HostLost", { namespace: "hostile" });
    for (let i = 0; i < 4; i++) world.change(`edge-${i}`, "HostLost");
    await world.clock.advance(3 * MINUTE);
    const delivered = () =>
      new Set(world.messages.filter((each) => !each.some((change) => change.endsWith("poison"))).flat());
    expect([...delivered()].sort()).toEqual([0, 1, 2, 3].map((i) => `HostLost edge-${i}`));
    world.change("poison", "HostBack", { namespace: "hostile" });
    world.change("edge-0", "HostBack");
    await world.clock.advance(MINUTE);
    expect(delivered()).toContain("HostBack edge-0");
    expect(world.events).toEqual([]);
    isDenied = false;
    await world.clock.advance(10 * MINUTE);
    expect(world.messages.at(-1)).toEqual(["HostLost poison", "HostBack poison"]);
    await stop();
  });

  it("tries a receiver that denies everything with increasing delay, and drops nothing", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    const denied: Attempt = { kind: "denied", why: "The receiver answered 404" };
    world.answers = Array.from({ length: 1_000 }, () => denied);
    for (let i = 0; i < 50; i++) world.change(`edge-${i}`, "HostLost");
    await world.clock.advance(60 * MINUTE);
    const before = world.sent.length;
    await world.clock.advance(60 * MINUTE);
    expect(world.sent.length - before).toBeLessThanOrEqual(12);
    world.answers = [];
    await world.clock.advance(20 * MINUTE);
    const delivered = world.store.list().filter(({ status }) => status?.notified?.connection === 1);
    expect([delivered.length, world.events]).toEqual([50, []]);
    await stop();
  });

  it("drops the changes of one object if even these are too large", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.answers = Array.from({ length: 3 }, (): Attempt => ({ kind: "tooLarge", why: "The receiver answered 413" }));
    world.change("edge-1", "HostLost");
    world.change("edge-1", "HostBack");
    await world.clock.advance(MINUTE);
    world.change("edge-2", "HostLost");
    await world.clock.advance(10_000);
    expect(world.messages.at(-1)).toEqual(["HostLost edge-2"]);
    expect(world.counted).toContain("dropped 2");
    await stop();
  });

  it("splits a message that is too large for the receiver", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    world.answers = [{ kind: "tooLarge", why: "The receiver answered 413" }];
    for (const name of ["edge-1", "edge-2", "edge-3", "edge-4"]) world.change(name, "HostLost");
    await world.clock.advance(MINUTE);
    expect(world.messages.map((each) => each.length)).toEqual([4, 2, 2]);
    expect(new Set(world.messages.slice(1).flat()).size).toBe(4);
    await stop();
  });

  it("counts the changes that were lost while too many were waiting", async () => {
    const world = new NotifierWorld();
    const { stop } = world.start();
    for (let i = 0; i < 12; i++) world.change("edge-1", i % 2 === 0 ? "HostLost" : "HostBack");
    await world.clock.advance(10_000);
    expect(world.sent[0]?.changes).toHaveLength(8);
    expect(world.counted).toContain("dropped 4");
    expect(world.events).toEqual([
      "edge-1 NotificationDropped: 4 changes of this object were not reported. Too many were waiting for a receiver that did not answer",
    ]);
    await stop();
  });

  it("does not let a flood in one namespace delay the changes of another", async () => {
    const world = new NotifierWorld();
    for (let i = 0; i < 3_000; i++) world.change(`noisy-${i}`, "HostLost", { namespace: "flood" });
    world.change("edge-1", "HostLost", { namespace: "quiet" });
    const { stop } = world.start();
    await world.clock.advance(10_000);
    expect(world.messages[0]).toContain("HostLost edge-1");
    expect(world.messages[0]).toHaveLength(1_000);
    await world.clock.advance(MINUTE);
    expect(world.messages.map((each) => each.length)).toEqual([1_000, 1_000, 1_000, 1]);
    expect(new Set(world.messages.flat()).size).toBe(3_001);
    await stop();
  });

  it("holds nothing for a host that is deleted", async () => {
    const world = new NotifierWorld();
    const { stop, notifier } = world.start();
    world.change("edge-1", "HostLost");
    world.store.remove("fleet/edge-1");
    await world.clock.advance(MINUTE);
    expect([world.sent.length, notifier.waiting]).toEqual([0, 0]);
    await settle();
    await stop();
  });
});
