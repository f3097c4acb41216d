import { describe, expect, it } from "vitest";
import { condition, type HostParts } from "../../test/support/docker-host.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { connected, host, INTERVAL_MS, KEY, spec, startFleet } from "../../test/support/fake-fleet.ts";

describe("Fleet", () => {
  it("looks at the connection and the images of a new host, and again after the interval", async () => {
    const { clock, hosts, counts } = startFleet();
    hosts.upsert(host());
    await settle();
    expect(counts()).toEqual([1, 1]);
    await clock.advance(INTERVAL_MS);
    expect(counts()).toEqual([2, 2]);
  });

  it.each<readonly [string, HostParts, number]>([
    ["is new", {}, 0],
    ["was changed while no controller ran", { generation: 2, status: connected() }, 0],
    ["did not answer last time", { status: { conditions: [condition("Connected", "False", "Timeout")] } }, 1],
  ])("checks a host that %s after its first pass, if the check depends on it", async (_what, parts, checks) => {
    const { hosts, connection, counts } = startFleet({ holdConnection: true });
    hosts.upsert(host(parts));
    await settle();
    expect(counts()).toEqual([1, checks]);
    connection.release();
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it("takes up the hosts that were there before it", async () => {
    const { counts } = startFleet({ before: [host()] });
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it.each<readonly [string, HostParts]>([
    ["spec", { generation: 2 }],
    ["request", { annotations: { "dockerhost.dev/requestedAt": "1" } }],
    ["request by Flux", { annotations: { "reconcile.fluxcd.io/requestedAt": "1" } }],
  ])("interrupts both after a change of the %s, and connects before it checks", async (_what, change) => {
    const { hosts, connection, updates, counts } = startFleet({ holdConnection: true, holdUpdates: true });
    hosts.upsert(host({ spec, status: connected() }));
    await settle();
    hosts.upsert(host({ spec, status: connected(), ...change }));
    expect(connection.runs[0]?.signal.aborted).toBe(true);
    expect(updates.runs[0]?.signal.aborted).toBe(true);
    await settle();
    expect(counts()).toEqual([2, 1]);
    connection.runs[1]?.end();
    await settle();
    expect(counts()).toEqual([2, 2]);
  });

  it("is not woken by a status that says the same of the connection", async () => {
    const { hosts, counts } = startFleet();
    hosts.upsert(host({ status: connected() }));
    await settle();
    hosts.upsert(host({ status: { ...connected(), updates: { total: 1 } } }));
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it("looks at the images when the host comes back, or is connected for a new generation", async () => {
    const { hosts, counts } = startFleet();
    hosts.upsert(host({ status: { conditions: [condition("Connected", "False", "ConnectionRefused")] } }));
    await settle();
    hosts.upsert(host({ status: connected() }));
    await settle();
    expect(counts()).toEqual([1, 2]);
    hosts.upsert(host({ status: connected(2) }));
    await settle();
    expect(counts()).toEqual([1, 3]);
  });

  it("keeps the check waiting for as long as the connection cannot be stored", async () => {
    const { clock, hosts, connection, counts } = startFleet({ holdConnection: true });
    hosts.upsert(host({ spec }));
    await settle();
    hosts.upsert(host({ spec, generation: 2 }));
    await settle();
    const [connections = 0, checks = 0] = counts();
    connection.runs.at(-1)?.end(new Error("the API server does not answer"));
    await settle();
    expect(counts()).toEqual([connections, checks]);
    await clock.advance(2_000);
    expect(counts()).toEqual([connections + 1, checks]);
    connection.release();
    await settle();
    expect(counts()[1]).toBe(checks + 1);
  });

  it("ends the work on a host that is deleted, and lets both reconcilers forget it", async () => {
    const { clock, hosts, connection, updates, counts } = startFleet({ holdConnection: true, holdUpdates: true });
    hosts.upsert(host({ spec, status: connected() }));
    await settle();
    hosts.remove(KEY);
    expect(connection.runs[0]?.signal.aborted).toBe(true);
    expect(updates.runs[0]?.signal.aborted).toBe(true);
    await settle();
    expect(counts()).toEqual([2, 2]);
    await clock.advance(1_000);
    expect(counts()).toEqual([2, 2]);
  });

  it("processes several hosts at the same time, and one that hangs does not block them", async () => {
    const { hosts, counts } = startFleet({ holdConnection: true });
    const other = host({ status: connected() });
    hosts.upsert(other);
    hosts.upsert({ ...other, metadata: { ...other.metadata, name: "edge-8", uid: "1" } });
    await settle();
    expect(counts()).toEqual([2, 2]);
  });
});
