import { beforeAll, describe, expect, it } from "vitest";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const UP_TO_DATE = ["UpdateCheckSucceeded=True CheckSucceeded", "UpdatesAvailable=False UpToDate"];

describe("what spec.updateCheck selects", () => {
  it("does not check an excluded container, and says which rule excludes it", async () => {
    const world = await SimulatedWorld.connected(keys, { containers: { excludeImages: [".*/shop/.*"] } });
    world.registry.counters.reset();
    await world.check();
    expect(world.updateConditions).toEqual(UP_TO_DATE);
    expect(world.host.status?.updates).toMatchObject({
      total: 1,
      excluded: 1,
      items: [
        { container: "web", verdict: "Excluded", reason: "ExcludeImages", message: expect.stringContaining("shop") },
      ],
    });
    expect(world.registry.counters.requests()).toBe(0);
  });

  it("finds a newer tag if it is configured to look for one, and reports it once", async () => {
    const world = await SimulatedWorld.connected(keys, { tags: [{ images: [".*/shop/.*"], semver: ">=1" }] });
    world.registry.push("shop/web", "2");
    world.registry.push("shop/web", "3-alpine");
    await world.check();
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=True CheckSucceeded",
      "UpdatesAvailable=True UpdatesFound",
    ]);
    expect(world.host.status?.updates).toMatchObject({
      upToDate: 1,
      outdated: 0,
      newerTags: 1,
      items: [{ verdict: "UpToDate", newerTag: { tag: "2", change: "Major" } }],
    });
    const [event] = world.events;
    expect(event?.message).toBe(`Newer tags: web (${world.registry.host}/shop/web:1 has 2, major)`);
    world.takeEvents();
    await world.request("again");
    await world.check();
    expect(world.takeEvents()).toEqual([]);
  });

  it("asks neither the daemon nor a registry where a pattern is invalid, and keeps the last answer", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.setSpec({ updateCheck: { containers: { includeNames: ["*"] } } });
    await world.connect();
    world.daemon.counters.reset();
    await world.check();
    const { conditions: all, updates } = world.host.status ?? {};
    expect(world.updateConditions).toEqual([
      "UpdateCheckSucceeded=False InvalidSelection",
      "UpdatesAvailable=Unknown CheckIncomplete",
    ]);
    expect(all?.find(({ reason }) => reason === "InvalidSelection")?.message).toMatch(
      /^spec\.updateCheck\.containers\.includeNames\[0\] "\*" is invalid: /,
    );
    expect(updates).toMatchObject({ total: 1, upToDate: 1 });
    expect(world.daemon.counters.requests()).toBe(0);
  });
});
