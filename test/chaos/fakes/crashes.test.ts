import { beforeAll, describe, expect, it } from "vitest";
import type { DockerHostStatus } from "../../../src/api/status.ts";
import type { SimImage } from "../../sim/contents.ts";
import { pullImage } from "../../sim/pull.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../support/simulated-world.ts";
import { type Crash, CrashPoints, isPort } from "./crash-points.ts";

const START = Date.now();
let keys: WorldKeys;
/** Pulled before a newer one was pushed. */
let stale: SimImage;

beforeAll(async () => {
  keys = await createWorldKeys();
});

const situations: readonly (readonly [string, (world: SimulatedWorld) => Promise<void>])[] = [
  ["a host that is new", async () => undefined],
  [
    "a host with an update",
    async (world) => {
      world.daemon.setContents({ containers: [] });
      await pass(world);
      world.daemon.setContents({
        images: [stale],
        containers: [{ id: "8".repeat(64), name: "web", image: stale.tags[0] ?? "", runs: stale }],
      });
      await world.request("now");
    },
  ],
  [
    "a host whose Secret went bad",
    async (world) => {
      await pass(world);
      await world.setSecret("tls", keys.foreign);
    },
  ],
  [
    "a host that got another spec",
    async (world) => {
      await pass(world);
      await world.setSpec({ interval: "7m" });
    },
  ],
];

/** Both reconcilers, as the fleet lets them follow each other. */
async function pass(world: SimulatedWorld, signal?: AbortSignal): Promise<void> {
  await world.connect(signal);
  signal?.throwIfAborted();
  await world.check(signal);
}

interface Ending {
  readonly status: DockerHostStatus | undefined;
  readonly told: readonly string[];
  readonly passed: readonly string[];
}

/** Begins with nothing, comes into the situation, is cut short at a point, and goes on: in another process or in the same. */
async function endingOf(
  world: SimulatedWorld,
  prepare: (world: SimulatedWorld) => Promise<void>,
  points: CrashPoints,
  next: "another process" | "the same process",
): Promise<Ending> {
  world.clock.setWall(START);
  await world.removeHost();
  world.restart();
  await world.setSpec({});
  await world.setSecret("tls", keys.client);
  await prepare(world);
  world.told();
  world.restart((resources) => points.through(resources));
  const undo = [world.daemon.counters, world.registry.counters].map((counters) => points.watch(counters));
  await pass(world, points.signal).catch(() => undefined);
  for (const each of undo) each();
  const passed = [...points.passed];
  if (next === "another process") world.restart();
  await pass(world);
  return { status: world.host.status, told: world.told(), passed };
}

describe.each(situations)("%s", (_name, prepare) => {
  it("ends the same, and nothing is told twice, wherever a pass was cut short", { timeout: 120_000 }, async () => {
    const world = await SimulatedWorld.start(keys);
    stale = pullImage(world.registry, "shop/web", "1");
    world.registry.push("shop/web", "1");
    const undisturbed = await endingOf(world, prepare, new CrashPoints(0, "aborted"), "another process");
    let crashes = 0;
    for (const [index, point] of undisturbed.passed.entries()) {
      for (const crash of crashesAt(point)) {
        for (const next of isPort(point)
          ? (["another process", "the same process"] as const)
          : (["another process"] as const)) {
          const ending = await endingOf(world, prepare, new CrashPoints(index + 1, crash), next);
          const where = `${crash} at ${point}, then ${next}`;
          expect([where, ending.status]).toEqual([where, undisturbed.status]);
          expect([where, surplus(ending.told, undisturbed.told)]).toEqual([where, []]);
          crashes++;
        }
      }
    }
    console.log(`${crashes} crashes at ${undisturbed.passed.length} points: the same status, no event twice`);
  });
});

/** A request that fails on the wire is no crash: the status tells of it. */
function crashesAt(point: string): readonly Crash[] {
  return isPort(point) ? ["aborted", "failed before", "failed after"] : ["aborted"];
}

/** What was told that should not have been, or more often than it should. */
function surplus(told: readonly string[], expected: readonly string[]): readonly string[] {
  const left = [...expected];
  return told.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
