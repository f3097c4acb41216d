import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { host, INTERVAL_MS, startFleet } from "../../test/support/fake-fleet.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import { duplicateWarning } from "./duplicates.ts";

describe("Fleet with hosts that reach the same daemon", () => {
  const reached = (id: string | undefined, name: string, parts: { name?: string; warnings?: string[] } = {}) => {
    const { warnings, ...engine } = parts;
    const status = { engine: { ...(id === undefined ? {} : { id }), ...engine }, ...(warnings ? { warnings } : {}) };
    const object = host({ status });
    return { ...object, metadata: { ...object.metadata, name, uid: name } };
  };
  const reported = { warnings: [duplicateWarning({ named: "b", more: 0, elsewhere: false }) ?? ""] };

  /** Counts the connection passes since the last call. */
  async function started(...before: readonly DockerHostObject[]) {
    const world = startFleet({ before });
    await settle();
    let seen = world.counts()[0] ?? 0;
    const passes = async () => {
      await settle();
      const [now = 0] = world.counts();
      const since = now - seen;
      seen = now;
      return since;
    };
    return { ...world, passes };
  }

  it("processes the others when one appears, and that one if it had missed the others", async () => {
    const { hosts, passes } = await started(reached("1", "a"), reached(undefined, "b"));
    hosts.upsert(reached("1", "b", reported));
    expect(await passes()).toBe(1);
    hosts.upsert(reached(undefined, "b"));
    expect(await passes()).toBe(1);
    hosts.upsert(reached("1", "b"));
    expect(await passes()).toBe(2);
  });

  it("processes the others when one disappears or moves to another daemon", async () => {
    const { hosts, passes } = await started(reached("1", "a"), reached("1", "b"), reached("1", "c"));
    hosts.upsert(reached("2", "b"));
    expect(await passes()).toBe(2);
    hosts.remove("fleet/a");
    // The deleted one is forgotten, the other is processed.
    expect(await passes()).toBe(2);
  });

  it("wakes nobody while the daemon is the same, is reached by one, or makes up ids", async () => {
    const podman = { name: "Podman" };
    const { hosts, passes } = await started(reached("1", "a"), reached("1", "b"), reached("3", "p", podman));
    hosts.upsert(reached("1", "b", reported));
    hosts.upsert(reached("3", "q", podman));
    expect(await passes()).toBe(1);
    hosts.upsert(reached("4", "c"));
    expect(await passes()).toBe(1);
  });

  it("settles when daemons take turns behind one address", async () => {
    const world = await started(reached("0", "a"), reached("0", "b"));
    const turns = new Map<string, number>();
    const reconcile = world.connection.reconcile.bind(world.connection);
    world.connection.reconcile = async (key, signal) => {
      const requeue = await reconcile(key, signal);
      const turn = (turns.get(key) ?? 0) + 1;
      turns.set(key, turn);
      // Else a defect would never come to rest.
      if (turn < 20) world.hosts.upsert(reached(String(turn % 2), key.split("/")[1] ?? ""));
      return requeue;
    };
    await world.clock.advance(INTERVAL_MS);
    await settle();
    expect(await world.passes()).toBeLessThanOrEqual(4);
  });
});
