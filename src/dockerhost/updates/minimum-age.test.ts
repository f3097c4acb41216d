import { beforeAll, describe, expect, it } from "vitest";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";
import { reasonEntry } from "../../api/reasons.ts";

const HOUR_MS = 3_600_000;
let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const available = (world: SimulatedWorld) =>
  world.updateConditions.find((summary) => summary.startsWith("UpdatesAvailable"));

describe("an update with a minimum age", () => {
  it("is too young at first, and is checked and announced when it is old enough", async () => {
    const world = await SimulatedWorld.checked(keys, { minimumAge: "6h" });
    world.registry.push("shop/web", "1");
    await world.request("first");
    const requeue = await world.check();
    expect(available(world)).toBe("UpdatesAvailable=False UpToDate");
    expect(world.host.status?.updates).toMatchObject({ tooYoung: 1, outdated: 0, items: [{ verdict: "TooYoung" }] });
    expect(world.takeEvents()).toEqual([]);
    expect(requeue.kind === "after" && Math.abs(requeue.ms - 6 * HOUR_MS)).toBeLessThan(1_000);
    const firstSeen = world.host.status?.updates?.items?.[0]?.firstSeen;

    await world.clock.advance(6 * HOUR_MS);
    world.registry.counters.reset();
    await world.check();
    expect(available(world)).toBe("UpdatesAvailable=True UpdatesFound");
    expect(world.host.status?.updates).toMatchObject({ tooYoung: 0, outdated: 1, items: [{ firstSeen }] });
    expect(world.takeEvents()).toEqual(["Normal UpdatesFound"]);
    expect(world.registry.counters.requests(), "the known answer is young enough").toBe(0);
  });

  it("is neither forgotten nor announced again after a restart of the controller", async () => {
    const world = await SimulatedWorld.checked(keys, {});
    world.registry.push("shop/web", "1");
    await world.request("first");
    await world.check();
    expect(world.takeEvents()).toEqual(["Normal UpdatesFound"]);
    const before = world.host.status?.updates;
    world.restart();
    await world.request("second");
    await world.check();
    expect(world.takeEvents()).toEqual([]);
    expect(world.host.status?.updates).toMatchObject({ items: before?.items, seen: before?.seen });
  });

  it("starts again with each digest", async () => {
    const world = await SimulatedWorld.checked(keys, { minimumAge: "6h" });
    world.registry.push("shop/web", "1");
    await world.request("first");
    await world.check();
    await world.clock.advance(5 * HOUR_MS);
    world.registry.push("shop/web", "1");
    await world.request("second");
    await world.check();
    await world.clock.advance(HOUR_MS);
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ tooYoung: 1 });
  });

  it("is announced once, also if the registry was down in between", async () => {
    const world = await SimulatedWorld.checked(keys, {});
    world.registry.push("shop/web", "1");
    await world.request("first");
    await world.check();
    await world.registry.setFaults({ kind: "status", status: 503 });
    await world.request("second");
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ failed: 1 });
    await world.registry.setFaults();
    await world.request("third");
    await world.check();
    expect(world.takeEvents()).toEqual(["Normal UpdatesFound", "Warning RegistryServerError", "Normal CheckSucceeded"]);
  });
});

describe("a host with a schedule", () => {
  it("is checked when it says so, and once for what was missed", async () => {
    const world = await SimulatedWorld.checked(keys, { schedule: "0 4 * * *", timeZone: "Europe/Berlin" });
    const next = Date.parse(world.host.status?.updates?.nextCheckTime ?? "");
    expect(new Date(next).toLocaleTimeString("de", { timeZone: "Europe/Berlin" })).toBe("04:00:00");
    world.registry.counters.reset();
    await world.clock.advance(next - world.clock.now() - 1_000);
    await world.check();
    expect(world.registry.counters.requests()).toBe(0);
    await world.clock.advance(3 * 24 * HOUR_MS);
    await world.check();
    await world.check();
    expect(world.registry.counters.requests()).toBe(1);
  });

  it("is not checked where that makes no sense, and says so", async () => {
    const world = await SimulatedWorld.checked(keys, { schedule: "0 0 30 2 *" });
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=False InvalidSchedule",
      "UpdatesAvailable=Unknown CheckIncomplete",
    ]);
    const succeeded = world.host.status?.conditions?.find(({ type }) => type === "UpdateCheckSucceeded");
    expect(succeeded?.message).toBe(
      `spec.updateCheck.schedule "0 0 30 2 *" names no day that ever comes. ${reasonEntry("InvalidSchedule").fix}`,
    );
  });
});
