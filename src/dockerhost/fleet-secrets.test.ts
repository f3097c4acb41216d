import { describe, expect, it } from "vitest";
import { settle } from "../../test/support/fake-clock.ts";
import { connected, host, INTERVAL_MS, KEY, spec, startFleet } from "../../test/support/fake-fleet.ts";

describe("Fleet, when Secrets change", () => {
  it("processes the connection immediately when one of its Secrets changes, also while a check hangs", async () => {
    const { fleet, hosts, connection, updates, counts } = startFleet({ holdUpdates: true });
    hosts.upsert(host({ spec }));
    await settle();
    expect(counts()).toEqual([1, 1]);
    fleet.secretChanged("fleet/tls");
    await settle();
    expect(updates.runs[0]?.signal.aborted).toBe(true);
    expect(counts()).toEqual([2, 2]);
    expect(connection.runs[1]?.signal.aborted).toBe(false);
    expect(updates.checkedAgain).toEqual([KEY]);
  });

  it("does nothing when a Secret has a new version and the same data, and interrupts nothing", async () => {
    const { clock, fleet, hosts, connection, updates, readings, counts } = startFleet({ holdConnection: true });
    readings.held.set("fleet/tls", "first");
    readings.held.set("fleet/regcred", "first");
    hosts.upsert(host({ spec, status: connected() }));
    await settle();
    fleet.secretChanged("fleet/tls");
    fleet.secretChanged("fleet/regcred");
    await settle();
    expect(readings.compared).toEqual(["fleet/tls", "fleet/regcred"]);
    expect(connection.runs[0]?.signal.aborted).toBe(false);
    expect(updates.checkedAgain).toEqual([]);
    expect(counts()).toEqual([1, 1]);
    connection.release();
    await settle();
    await clock.advance(INTERVAL_MS - 1);
    fleet.secretChanged("fleet/tls");
    await settle();
    expect(counts()[0]).toBe(1);
    await clock.advance(1);
    expect(counts()[0]).toBe(2);
  });

  it("reads a Secret once for all who read it, and not for those who did not yet", async () => {
    const { fleet, hosts, readings, counts } = startFleet();
    const other = host({ spec });
    hosts.upsert(host({ spec }));
    hosts.upsert({ ...other, metadata: { ...other.metadata, name: "edge-8", uid: "1" } });
    await settle();
    fleet.secretChanged("fleet/tls");
    await settle();
    expect(readings.compared).toEqual(["fleet/tls"]);
    expect(counts()).toEqual([4, 4]);
    readings.read = new Map();
    fleet.secretChanged("fleet/tls");
    await settle();
    expect(readings.compared).toEqual(["fleet/tls"]);
  });

  it("checks only the images when a Secret of the check changes", async () => {
    const { fleet, hosts, connection, updates, counts } = startFleet({ holdConnection: true });
    hosts.upsert(host({ spec, status: connected() }));
    await settle();
    fleet.secretChanged("fleet/regcred");
    await settle();
    expect(counts()).toEqual([1, 2]);
    expect(updates.checkedAgain).toEqual([KEY]);
    expect(connection.runs[0]?.signal.aborted).toBe(false);
  });

  it("is not affected by other Secrets", async () => {
    const { fleet, hosts, counts } = startFleet();
    hosts.upsert(host({ spec }));
    await settle();
    fleet.secretChanged("other/tls");
    fleet.secretChanged("fleet/unrelated");
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it("finds a host by the Secrets that it names now", async () => {
    const { fleet, hosts, counts } = startFleet();
    hosts.upsert(host({ spec }));
    hosts.upsert(host({ spec: { tls: { certSecretRef: { name: "other" } } }, generation: 2 }));
    await settle();
    const [before = 0] = counts();
    fleet.secretChanged("fleet/tls");
    await settle();
    expect(counts()[0]).toBe(before);
    fleet.secretChanged("fleet/other");
    await settle();
    expect(counts()[0]).toBe(before + 1);
  });
});
