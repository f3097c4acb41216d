import { describe, expect, it } from "vitest";
import { condition } from "../../test/support/docker-host.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { host, startFleet } from "../../test/support/fake-fleet.ts";

const down = { conditions: [condition("Connected", "False", "ConnectionTimeout")] };

function named(name: string, parts: Parameters<typeof host>[0] = {}) {
  const made = host(parts);
  return { ...made, metadata: { ...made.metadata, name } };
}

function hosts(count: number, name: string, parts: Parameters<typeof host>[0] = {}) {
  return Array.from({ length: count }, (_, index) => named(`${name}-${index}`, parts));
}

describe("hosts that do not answer", () => {
  it("and did not when the controller was last there, leave all workers to the others", async () => {
    const before = hosts(100, "down", { status: down });
    const fleet = startFleet({ holdConnection: true, isStarting: true, before });
    await settle();
    expect(fleet.connection.runs).toHaveLength(40);
    for (const each of hosts(10, "well")) fleet.hosts.upsert(each);
    await settle();
    expect(fleet.connection.runs).toHaveLength(50);
  });

  it("give way after two seconds to others that are new", async () => {
    const fleet = startFleet({ holdConnection: true });
    for (const each of hosts(20, "down")) fleet.hosts.upsert(each);
    await settle();
    expect(fleet.connection.runs).toHaveLength(10);
    fleet.hosts.upsert(named("well"));
    await fleet.clock.advance(1_900);
    expect(fleet.connection.runs).toHaveLength(10);
    await fleet.clock.advance(100);
    expect(fleet.connection.runs).toHaveLength(20);
    await fleet.clock.advance(2_000);
    expect(fleet.connection.runs).toHaveLength(21);
  });
});

describe("the hosts of one namespace", () => {
  const owned = (namespace: string, name: string) => {
    const made = host({ status: { conditions: [condition("Connected", "True", "Succeeded")] } });
    return { ...made, metadata: { ...made.metadata, namespace, name } };
  };

  it("leave workers to those of others, although none of theirs ever answers", async () => {
    const fleet = startFleet({ holdConnection: true, holdUpdates: true });
    for (let index = 0; index < 300; index++) fleet.hosts.upsert(owned("greedy", `silent-${index}`));
    await fleet.clock.advance(60_000);
    const before = [fleet.connection.runs.length, fleet.updates.runs.length];
    fleet.hosts.upsert(owned("victim", "well"));
    await settle();
    expect(fleet.connection.runs.slice(before[0]).map(({ key }) => key)).toEqual(["victim/well"]);
    expect(fleet.updates.runs.slice(before[1]).map(({ key }) => key)).toEqual(["victim/well"]);
  });

  it("leave workers to those of others, although many namespaces have hosts that never answer", async () => {
    const fleet = startFleet({ holdConnection: true, holdUpdates: true });
    for (let greedy = 0; greedy < 40; greedy++) {
      for (let index = 0; index < 60; index++) fleet.hosts.upsert(owned(`greedy-${greedy}`, `silent-${index}`));
    }
    await fleet.clock.advance(10 * 60_000);
    const before = [fleet.connection.runs.length, fleet.updates.runs.length];
    fleet.hosts.upsert(owned("victim", "well"));
    await settle();
    expect(fleet.connection.runs.slice(before[0]).map(({ key }) => key)).toEqual(["victim/well"]);
    expect(fleet.updates.runs.slice(before[1]).map(({ key }) => key)).toEqual(["victim/well"]);
  });
});
