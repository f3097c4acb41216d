import { beforeAll, describe, expect, it } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import { summaries } from "../../test/support/docker-host.ts";
import { eventually } from "../../test/support/eventually.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../test/support/simulated-world.ts";
import { FOLLOW_GAP_MS } from "./followed-containers.ts";

const KEY = "fleet/edge-7";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

describe("FollowedContainers", () => {
  /** The requests of a pass after this time, and whether it found other containers. */
  async function pass(world: SimulatedWorld, afterMs = FOLLOW_GAP_MS) {
    await world.clock.advance(afterMs);
    world.daemon.counters.reset();
    await world.connect();
    return { requests: world.daemon.counters.byRoute(), changed: world.containers.takeChanged(KEY) };
  }

  const listing = { "GET /version": 1, "GET /info": 1, "GET /containers/json": 1 };
  const plain = { "GET /_ping": 1, "GET /version": 1, "GET /info": 1 };

  /** What somebody does who pulls a new image and recreates the container by hand. */
  function recreate(world: SimulatedWorld, id = "8"): void {
    world.registry.push("shop/web", "1");
    run(world, id);
  }

  function run(world: SimulatedWorld, ...ids: readonly string[]): void {
    const image = pullImage(world.registry, "shop/web", "1");
    const containers = ids.map((id) => ({
      id: id.repeat(64),
      name: `web-${id}`,
      image: image.tags[0] ?? "",
      runs: image,
    }));
    world.daemon.setContents({ images: [image], containers });
  }

  it("finds nothing while the containers are the same, with as many requests as a pass without it", async () => {
    const world = await SimulatedWorld.checked(keys);
    const { resourceVersion } = world.host.metadata;
    expect(await pass(world)).toEqual({ requests: listing, changed: false });
    expect(await pass(world)).toEqual({ requests: listing, changed: false });
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
  });

  it.each([
    ["was recreated", ["8"]],
    ["was started", ["7", "8"]],
    ["was removed", []],
  ])("finds that a container %s", async (_, ids) => {
    const world = await SimulatedWorld.checked(keys);
    run(world, ...ids);
    expect(await pass(world)).toEqual({ requests: listing, changed: true });
  });

  it("is satisfied by the check that follows, which does not ask the registry again", async () => {
    const world = await SimulatedWorld.checked(keys);
    run(world, "7", "8");
    expect((await pass(world)).changed).toBe(true);
    world.registry.counters.reset();
    world.updates.containersChanged(KEY);
    await world.check();
    expect(world.registry.counters.requests()).toBe(0);
    expect(world.host.status?.updates).toMatchObject({ total: 2, upToDate: 2 });
    expect((await pass(world)).changed).toBe(false);
  });

  it("asks the registry again for a container whose new image is newer than the answer", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.registry.push("shop/web", "1");
    const image = pullImage(world.registry, "shop/web", "1");
    const container = { id: "8".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image };
    world.daemon.setContents({ images: [image], containers: [container] });
    expect((await pass(world)).changed).toBe(true);
    world.registry.counters.reset();
    world.updates.containersChanged(KEY);
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ total: 1, upToDate: 1 });
    // One for the digest that the container runs, and one for the tag.
    expect(world.registry.counters.byRoute()["HEAD /v2/{name}/manifests/{reference}"]).toBe(2);
  });

  it("asks the registry again for a container with a new name whose image is newer than the answer", async () => {
    const world = await SimulatedWorld.checked(keys);
    recreate(world);
    expect((await pass(world)).changed).toBe(true);
    world.updates.containersChanged(KEY);
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ total: 1, upToDate: 1 });
  });

  it("does not ask the registry again for a container with a new name whose image was outdated before", async () => {
    const world = await SimulatedWorld.start(keys);
    const image = pullImage(world.registry, "shop/web", "1");
    world.registry.push("shop/web", "1");
    const containers = ["7", "8"].map((id) => {
      return { id: id.repeat(64), name: `web-${id}`, image: image.tags[0] ?? "", runs: image };
    });
    world.daemon.setContents({ images: [image], containers: containers.slice(1) });
    await world.connect();
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ total: 1, outdated: 1 });
    world.daemon.setContents({ containers });
    expect((await pass(world)).changed).toBe(true);
    world.registry.counters.reset();
    world.updates.containersChanged(KEY);
    await world.check();
    expect(world.host.status?.updates).toMatchObject({ total: 2, outdated: 2 });
    expect(world.registry.counters.requests()).toBe(0);
  });

  it("lists nothing soon after a check, and finds later what changed meanwhile", async () => {
    const world = await SimulatedWorld.checked(keys);
    recreate(world);
    expect(await pass(world, FOLLOW_GAP_MS - 1)).toEqual({ requests: plain, changed: false });
    expect(await pass(world, 1)).toEqual({ requests: listing, changed: true });
  });

  it("starts one check in each gap at most for a host whose containers always change", async () => {
    const world = await SimulatedWorld.checked(keys);
    let checks = 0;
    for (let minute = 1; minute <= 20; minute++) {
      run(world, String(minute % 10));
      if (!(await pass(world, 60_000)).changed) continue;
      checks++;
      world.updates.containersChanged(KEY);
      await world.check();
    }
    expect(checks).toBe(5);
  });

  it.each([
    ["the update check is suspended", { updateCheck: { suspend: true } }],
    ["the host is new to this generation", { interval: "7m" }],
  ])("lists nothing if %s", async (_, spec) => {
    const world = await SimulatedWorld.checked(keys);
    await world.setSpec(spec);
    recreate(world);
    expect(await pass(world)).toEqual({ requests: plain, changed: false });
  });

  it("lists nothing if a check was requested or is due anyway", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.request("now");
    expect((await pass(world)).requests).toEqual(plain);
    await world.check();
    expect((await pass(world, 48 * 3_600_000)).requests).toEqual(plain);
  });

  it("assumes after a restart that as many containers are the same ones", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.restart();
    expect(await pass(world)).toEqual({ requests: listing, changed: false });
    recreate(world);
    expect((await pass(world)).changed).toBe(true);
  });

  it("finds after a restart that there are more containers than the status counts", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.restart();
    run(world, "7", "8");
    expect((await pass(world)).changed).toBe(true);
  });

  it("starts from the beginning for another host of the same name", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.removeHost();
    await world.connect();
    await world.setSpec({});
    run(world, "8", "9");
    const { requests, changed } = await pass(world);
    expect(requests).toMatchObject(plain);
    expect(changed).toBe(false);
  });

  it.each([
    ["is forbidden", { kind: "status", status: 403, body: "Forbidden" }],
    ["is not a list", { kind: "status", status: 200, body: "{}" }],
    ["is cut", { kind: "cut-body" }],
  ] as const)("says nothing if the list %s", async (_, fault) => {
    const world = await SimulatedWorld.checked(keys);
    const { resourceVersion } = world.host.metadata;
    world.takeEvents();
    recreate(world);
    await world.daemon.setFaults({ ...fault, path: "/containers/json" });
    expect((await pass(world)).changed).toBe(false);
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    expect(world.takeEvents()).toEqual([]);
    await world.daemon.setFaults();
    expect((await pass(world)).changed).toBe(true);
  });

  it("continues without a list that does not arrive, long before the pass has to end", async () => {
    const world = await SimulatedWorld.checked(keys);
    const { resourceVersion } = world.host.metadata;
    recreate(world);
    await world.daemon.setFaults({ kind: "hang", path: "/containers/json" });
    await world.clock.advance(FOLLOW_GAP_MS);
    world.daemon.counters.reset();
    const ended = world.connect();
    await eventually(() => expect(world.daemon.counters.byRoute()).toHaveProperty("GET /containers/json"));
    await world.clock.advance(5_000);
    await ended;
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    expect(world.containers.takeChanged(KEY)).toBe(false);
  });

  it("pings a daemon that no longer reports its version, and connects by that, without a fourth request", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.daemon.setFaults({ kind: "status", status: 403, body: "Forbidden", path: "/version" });
    recreate(world);
    expect(await pass(world)).toEqual({ requests: plain, changed: false });
    expect(summaries(world.host.status?.conditions)).toContain("Ready=True Succeeded");
    expect(await pass(world)).toEqual({ requests: plain, changed: false });
  });

  it("lists again after the first pass in which the daemon reports its version again", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.daemon.setFaults({ kind: "status", status: 403, body: "Forbidden", path: "/version" });
    recreate(world);
    await pass(world);
    await world.daemon.setFaults();
    expect(await pass(world)).toEqual({ requests: plain, changed: false });
    expect(await pass(world)).toEqual({ requests: listing, changed: true });
  });

  it("takes at most three requests for a daemon that reports its version, but denies the ping", async () => {
    const world = await SimulatedWorld.checked(keys);
    await world.daemon.setFaults({ kind: "status", status: 403, body: "Forbidden", path: "/_ping" });
    expect(await pass(world)).toEqual({ requests: listing, changed: false });
  });
});
