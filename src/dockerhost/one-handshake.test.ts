import { beforeAll, describe, expect, it } from "vitest";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../test/support/simulated-world.ts";
import { FOLLOW_GAP_MS } from "./followed-containers.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

async function connected(): Promise<SimulatedWorld> {
  const world = await SimulatedWorld.start(keys);
  await world.connect();
  expect(world.daemon.counters.handshakes).toBe(1);
  return world;
}

async function check(world: SimulatedWorld): Promise<number> {
  await world.check();
  expect(world.updateConditions).toContain("UpdateCheckSucceeded=True CheckSucceeded");
  return world.daemon.counters.handshakes;
}

describe("a check that follows a connection pass", () => {
  it("uses the connection of the pass, and closes it", async () => {
    const world = await connected();
    expect(await check(world)).toBe(1);
    await world.clock.advance(60_000);
    world.daemon.counters.reset();
    await world.connect();
    await world.request("now");
    await world.connect();
    expect(await check(world)).toBe(2);
  });

  it("uses the connection of the pass that found other containers", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.daemon.setContents({ images: [], containers: [] });
    await world.clock.advance(FOLLOW_GAP_MS);
    world.daemon.counters.reset();
    await world.connect();
    expect(world.containers.takeChanged("fleet/edge-7")).toBe(true);
    world.updates.containersChanged("fleet/edge-7");
    expect(await check(world)).toBe(1);
  });

  it("connects itself after the pass has been over for a while", async () => {
    const world = await connected();
    await world.clock.advance(10_000);
    expect(await check(world)).toBe(2);
  });

  it("connects itself if the Secret has changed since", async () => {
    const world = await connected();
    const { certPem, keyPem } = await keys.authority.issue({ commonName: "new", usages: ["clientAuth"] });
    await world.setSecret("tls", { "ca.pem": keys.authority.certPem, "cert.pem": certPem, "key.pem": keyPem });
    expect(await check(world)).toBe(2);
  });

  it("connects again if the daemon has closed the connection since", async () => {
    const world = await connected();
    await world.daemon.setFaults();
    expect(await check(world)).toBe(2);
  });

  it("finds no connection where none was due, or after the next pass", async () => {
    const world = await SimulatedWorld.checked(keys);
    world.daemon.counters.reset();
    await world.connect();
    await world.request("now");
    expect(await check(world)).toBe(2);
  });
});
