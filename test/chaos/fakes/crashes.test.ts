import { beforeAll, describe, expect, it } from "vitest";
import type { DockerHostStatus } from "../../../src/api/status.ts";
import type { SimImage } from "../../sim/contents.ts";
import { pullImage } from "../../sim/pull.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../support/simulated-world.ts";
import { watchAwaits } from "./awaits.ts";
import { type Crash, CrashPoints, isPort } from "./crash-points.ts";
import { Mortal } from "./mortal.ts";

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

type Prepare = (world: SimulatedWorld) => Promise<void>;

/** Begins with nothing, and comes into the situation. */
async function situate(world: SimulatedWorld, prepare: Prepare): Promise<void> {
  world.clock.setWall(START);
  await world.removeHost();
  world.restart();
  await world.setSpec({});
  await world.setSecret("tls", keys.client);
  await prepare(world);
  world.takeEvents();
}

/** Is cut short at a point, and goes on: in another process or in the same. */
async function endingOf(
  world: SimulatedWorld,
  prepare: Prepare,
  points: CrashPoints,
  next: "another process" | "the same process",
): Promise<Ending> {
  await situate(world, prepare);
  world.restart((resources) => points.through(resources));
  const undo = [world.daemon.counters, world.registry.counters].map((counters) => points.watch(counters));
  await pass(world, points.signal).catch(() => undefined);
  for (const each of undo) each();
  const passed = [...points.passed];
  if (next === "another process") world.restart();
  await pass(world);
  return { status: world.host.status, told: world.takeEvents(), passed };
}

/** What ends a pass at an await, and who goes on. */
const ends = {
  "killed, then another process": (mortal: Mortal, world: SimulatedWorld) => {
    mortal.die();
    world.restart();
  },
  "stopped, then the same process": (mortal: Mortal) => mortal.stop(),
} as const;

/** Ends at the given await, counted from 1; undefined if there are fewer. */
async function endingAt(
  world: SimulatedWorld,
  prepare: Prepare,
  at: number,
  end: keyof typeof ends,
): Promise<Ending | undefined> {
  await situate(world, prepare);
  const mortal = new Mortal();
  world.restart((resources) => mortal.through(resources));
  let passed = 0;
  let where: string | undefined;
  await watchAwaits(
    () => Promise.race([pass(world, mortal.signal), mortal.death]),
    (place) => {
      if (++passed !== at) return;
      where = place();
      ends[end](mortal, world);
    },
  ).catch(() => undefined);
  if (where === undefined) return undefined;
  await pass(world);
  return { status: world.host.status, told: world.takeEvents(), passed: [where] };
}

async function startWorld(): Promise<SimulatedWorld> {
  const world = await SimulatedWorld.start(keys);
  stale = pullImage(world.registry, "shop/web", "1");
  world.registry.push("shop/web", "1");
  return world;
}

describe.each(situations)("%s", (_name, prepare) => {
  it.each(Object.keys(ends) as (keyof typeof ends)[])(
    "ends the same, and nothing is reported twice, at whichever await it was %s",
    { timeout: 300_000 },
    async (end) => {
      const world = await startWorld();
      const undisturbed = await endingOf(world, prepare, new CrashPoints(0, "aborted"), "another process");
      const places = new Set<string>();
      let at = 1;
      for (; ; at++) {
        const ending = await endingAt(world, prepare, at, end);
        if (ending === undefined) break;
        const [place = ""] = ending.passed;
        const where = `${end}, at await ${at}, ${place}`;
        expect([where, ending.status]).toEqual([where, undisturbed.status]);
        expect([where, surplus(ending.told, undisturbed.told)]).toEqual([where, []]);
        places.add(place);
      }
      console.log(`${end}: at ${at - 1} awaits, ${places.size} places, the same status, no event twice`);
      expect(places.size).toBeGreaterThan(10);
    },
  );

  it("ends the same, and nothing is reported twice, wherever a pass was interrupted", {
    timeout: 120_000,
  }, async () => {
    const world = await startWorld();
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

/** Only a status that cannot be stored is a crash: the status itself reports every other failed call. */
function crashesAt(point: string): readonly Crash[] {
  return point.startsWith("saveStatus ") ? ["aborted", "failed before", "failed after"] : ["aborted"];
}

/** What was reported that should not have been, or more often than it should. */
function surplus(told: readonly string[], expected: readonly string[]): readonly string[] {
  const left = [...expected];
  return told.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
