import { beforeAll, describe, expect, it } from "vitest";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../support/simulated-world.ts";

const HOUR_MS = 3_600_000;
const DAYS = 2;

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

interface Day {
  readonly passes: number;
  readonly checks: number;
  readonly writes: number;
  readonly events: readonly string[];
}

/** Both reconcilers over days of their own clock, each at the times that it asked for. */
async function live(world: SimulatedWorld): Promise<Day> {
  let [passes, checks, writes, failures] = [0, 0, 0, 0];
  let [connectAt, checkAt] = [0, 0];
  const unsubscribe = world.resources.hosts.subscribe(() => writes++);
  const end = world.clock.monotonic() + DAYS * 24 * HOUR_MS;
  for (let now = world.clock.monotonic(); now < end; now = world.clock.monotonic()) {
    if (connectAt <= now) {
      passes++;
      const requeue = await world.connect();
      failures = requeue.kind === "backoff" ? failures + 1 : 0;
      if (requeue.kind === "after") connectAt = now + requeue.ms;
      if (requeue.kind === "backoff") connectAt = now + Math.min(requeue.maxMs, requeue.minMs * 2 ** (failures - 1));
    }
    if (checkAt <= now) {
      checks++;
      const requeue = await world.check();
      checkAt = requeue.kind === "after" ? now + requeue.ms : Number.POSITIVE_INFINITY;
    }
    await world.clock.advance(Math.max(1, Math.min(connectAt, checkAt, end) - now));
  }
  unsubscribe();
  return { passes, checks, writes, events: world.takeEvents() };
}

describe("over two days in which nothing changes", () => {
  it("a healthy host's status is written once a day, for its update check, and nothing is announced", async () => {
    const world = await SimulatedWorld.start(keys);
    await world.setSpec({ interval: "20m" });
    await world.connect();
    await world.check();
    world.takeEvents();
    const { passes, checks, writes, events } = await live(world);
    console.log(
      `healthy: ${passes} passes and ${checks} looks at the update check: ${writes} writes, ${events.length} events`,
    );
    expect(passes).toBeGreaterThanOrEqual((DAYS * 24 * 60) / 21);
    expect(world.registry.counters.requests()).toBeGreaterThan(0);
    expect(writes).toBeLessThanOrEqual(DAYS);
    expect(events).toEqual([]);
  }, 120_000);

  it("nor is that of a host that is down, no matter how often it is tried", async () => {
    const world = await SimulatedWorld.start(keys);
    await world.daemon.setFaults({ kind: "refuse" });
    await world.connect();
    await world.check();
    world.takeEvents();
    const { passes, writes, events } = await live(world);
    console.log(`down: ${passes} passes: ${writes} writes, ${events.length} events`);
    expect(passes).toBeGreaterThan(DAYS * 24 * 11);
    expect(writes).toBe(0);
    expect(events).toEqual([]);
  }, 120_000);
});
