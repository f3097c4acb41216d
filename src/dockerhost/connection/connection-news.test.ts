import { beforeAll, describe, expect, it } from "vitest";
import { condition } from "../../../test/support/docker-host.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../../test/support/simulated-world.ts";
import { CHANGE_KINDS, type News, withNews } from "../../api/changes.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { connectionNews } from "./connection-news.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const DAY_MS = 24 * 3_600_000;
const UP = { conditions: [condition("Ready", "True", "Succeeded")] };
const DOWN = { conditions: [condition("Ready", "False", "ConnectionRefused")] };
const WAITING = { conditions: [condition("Ready", "False", "SecretNotFound")] };
const UNKNOWN = { conditions: [condition("Ready", "Unknown", "Suspended")] };

/** What is recorded when a host is in these states one after the other. */
function recorded(states: readonly DockerHostStatus[], now: (index: number) => number = () => NOW): readonly News[] {
  let before: DockerHostStatus = {};
  const all: News[] = [];
  for (const [index, state] of states.entries()) {
    const news = connectionNews(before, state, now(index));
    all.push(...news);
    before = { ...state, changes: [...withNews(before.changes ?? [], 0, news, now(index))] };
  }
  return all;
}

const kinds = (states: readonly DockerHostStatus[]) => recorded(states).map(({ change }) => change);

describe("what is reported about the connection", () => {
  it.each<[string, readonly DockerHostStatus[], readonly string[]]>([
    ["a host that is ready from the beginning", [UP, UP], []],
    ["a host that is lost and comes back", [UP, DOWN, DOWN, UP, UP], ["HostLost", "HostBack"]],
    ["a host that was never ready", [DOWN, DOWN], ["HostLost"]],
    ["another cause of the same loss", [UP, DOWN, WAITING, DOWN, UP], ["HostLost", "HostBack"]],
    ["a Secret that follows its new host", [WAITING, WAITING, UP], []],
    ["a new host that cannot be reached once its Secret has come", [WAITING, DOWN, UP], ["HostLost", "HostBack"]],
    ["a Secret that is deleted", [UP, WAITING], ["HostLost"]],
    ["a host that is suspended", [UP, UNKNOWN, UP], []],
    ["a host that is suspended while it is lost", [UP, DOWN, UNKNOWN, DOWN, UNKNOWN, UP], ["HostLost", "HostBack"]],
    ["a host that is lost while it is suspended", [UP, UNKNOWN, DOWN], ["HostLost"]],
  ])("%s", (_, states, expected) => {
    expect(kinds(states)).toEqual(expected);
  });
});

describe("what is reported about certificates", () => {
  const at = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
  const certificate = (days: number) => ({
    subject: "CN=edge-7",
    issuer: "CN=CA",
    notBefore: at(-300),
    notAfter: at(days),
    fingerprint: "00",
  });
  const expiring = (certificates: DockerHostStatus["certificates"]): DockerHostStatus => ({
    conditions: [condition("CertificateExpiring", "True", "CertificateExpiresSoon")],
    certificates,
  });

  it("is repeated a week and a day before the end, and at the end", () => {
    const status = expiring({ nextExpiry: at(30), server: certificate(30) });
    const days = [0, 8, 10, 15, 22, 24, 28, 29.5, 29.9, 31, 40];
    const found = recorded(
      days.map(() => status),
      (index) => NOW + (days[index] ?? 0) * DAY_MS,
    );
    expect(found.map(({ message }) => message.replace(/^.*\((.*)\)$/, "$1"))).toEqual([
      "20 days left",
      "6 days left",
      "less than a day left",
      "1 day ago",
    ]);
  });

  it("names another certificate that expires, and not one that was renewed", () => {
    const states = [
      expiring({ server: certificate(20) }),
      expiring({ server: certificate(20), client: certificate(18) }),
      expiring({ client: certificate(18) }),
      expiring({ client: certificate(19) }),
    ];
    expect(recorded(states).map(({ about }) => about)).toEqual([
      `server soon ${at(20)}`,
      `client soon ${at(18)}, server soon ${at(20)}`,
      `client soon ${at(19)}`,
    ]);
  });

  it("has one message for a certificate whose whole life is shorter than a day", () => {
    const short = { ...certificate(0.1), notBefore: at(-0.9) };
    expect(recorded([expiring({ server: short }), expiring({ server: short })])).toHaveLength(1);
  });
});

describe("a pass that records changes", () => {
  let keys: WorldKeys;
  beforeAll(async () => {
    keys = await createWorldKeys();
  });

  it("stores each with the state that it led to, and writes nothing while nothing changes", async () => {
    const world = await SimulatedWorld.start(keys, { notifies: new Set(CHANGE_KINDS) });
    const stored: string[] = [];
    world.resources.hosts.subscribe(({ object: { status } }) => {
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      stored.push(`${ready?.status} ${(status?.changes ?? []).map(({ change }) => change).join(" ")}`);
    });
    await world.connect();
    await world.daemon.setFaults({ kind: "refuse" });
    await world.connect();
    await world.connect();
    await world.daemon.setFaults();
    await world.connect();
    expect(stored).toEqual(["True ", "False HostLost", "True HostLost HostBack"]);
    const { resourceVersion } = world.host.metadata;
    await world.clock.advance(300_000);
    await world.connect();
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
  });

  it("keeps the other parts while a new generation is processed, and owns none of them", async () => {
    const world = await SimulatedWorld.start(keys, { notifies: new Set(CHANGE_KINDS) });
    await world.daemon.setFaults({ kind: "refuse" });
    await world.connect();
    await world.resources.saveStatus(world.host, "notifications", { notified: { connection: 1 } });
    await world.daemon.setFaults();
    await world.setSpec({ interval: "10m" });
    await world.connect();
    const { notified, changes } = world.host.status ?? {};
    expect(notified).toEqual({ connection: 1 });
    expect(changes?.map(({ number, change }) => `${number} ${change}`)).toEqual(["2 HostBack"]);
  });

  it("records each update that is found, once", async () => {
    const world = await SimulatedWorld.start(keys, { notifies: new Set(CHANGE_KINDS) });
    await world.connect();
    await world.check();
    const pushed = world.registry.push("shop/web", "1");
    for (const token of ["first", "second"]) {
      await world.request(token);
      await world.check();
    }
    expect(world.host.status?.updateChanges).toHaveLength(1);
    expect(world.host.status?.updateChanges?.[0]).toMatchObject({ number: 1, change: "UpdatesFound" });
    expect(world.host.status?.updateChanges?.[0]?.message).toContain(pushed);
    expect(world.host.status?.updates?.outdated).toBe(1);
  });

  it("records only what the receiver wants, and nothing without one", async () => {
    for (const notifies of [undefined, new Set(["UpdatesFound"] as const)]) {
      const world = await SimulatedWorld.start(keys, notifies === undefined ? {} : { notifies });
      await world.connect();
      await world.daemon.setFaults({ kind: "refuse" });
      await world.connect();
      expect(world.host.status?.changes).toBeUndefined();
    }
  });
});
