import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { pullImage } from "../../../test/sim/pull.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

/** The requests to the daemon in one check of a host with this many containers, each with an image of its own. */
async function requestsFor(count: number) {
  const world = await SimulatedWorld.start(keys);
  const images = Array.from({ length: count }, (_, index) => {
    world.registry.push(`shop/app-${index}`, "1");
    return pullImage(world.registry, `shop/app-${index}`, "1");
  });
  const containers = images.map((image, index) => {
    const id = createHash("sha256").update(`${index}`).digest("hex");
    return { id, name: `app-${index}`, image: image.tags[0] ?? "", runs: image };
  });
  world.daemon.setContents({ images, containers });
  await world.connect();
  world.daemon.counters.reset();
  await world.check();
  expect(world.host.status?.updates).toMatchObject({ total: count, upToDate: count });
  return world.daemon.counters.byRoute();
}

describe("the requests of a check", () => {
  it("are as many to a daemon with 200 containers as to one with 2", async () => {
    const few = await requestsFor(2);
    expect(few).toEqual({ "GET /containers/json": 1, "GET /images/json": 1 });
    expect(await requestsFor(200)).toEqual(few);
  });
});
