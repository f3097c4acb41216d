import { describe, expect, it, onTestFinished } from "vitest";
import { condition, dockerHost, type HostParts, summaries } from "../../test/support/docker-host.ts";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock, settle } from "../../test/support/fake-clock.ts";
import { createWorldKeys, SimulatedWorld } from "../../test/support/simulated-world.ts";
import type { DockerHostObject } from "../api/docker-host.ts";
import type { DockerHostStatus } from "../api/status.ts";
import { silentLogger } from "../common/logger.ts";
import type { Requeue } from "../runtime/controller.ts";
import { Store } from "../runtime/store.ts";
import { Fleet } from "./fleet.ts";
import { twinWarning } from "./twins.ts";

const KEY = "fleet/edge-7";
const INTERVAL_MS = 300_000;

interface Run {
  readonly signal: AbortSignal;
  /** Ends the run; ends with an error where one is given. */
  end(error?: Error): void;
}

/** Notes its runs; each goes on until the test ends it, or its signal fires. */
class FakeReconciler {
  readonly runs: Run[] = [];
  readonly checkedAgain: string[] = [];
  #held: boolean;

  constructor(held: boolean) {
    this.#held = held;
  }

  /** From now on runs end at once. */
  release(): void {
    this.#held = false;
    for (const run of this.runs) run.end();
  }

  checkAgain(key: string): void {
    this.checkedAgain.push(key);
  }

  async reconcile(_key: string, signal: AbortSignal): Promise<Requeue> {
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
      this.runs.push({ signal, end });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (!this.#held) resolve();
    });
    return { kind: "after", ms: INTERVAL_MS };
  }
}

interface Options {
  readonly holdConnection?: boolean;
  readonly holdUpdates?: boolean;
  readonly before?: readonly DockerHostObject[];
}

/** The versions of Secrets stand for what they hold; `read` is what every reader has read. */
class FakeReadings {
  read: ReadonlyMap<string, string> = new Map([
    ["fleet/tls", "first"],
    ["fleet/other", "first"],
    ["fleet/regcred", "first"],
  ]);
  readonly held = new Map<string, string>();
  readonly compared: string[] = [];

  hasRead(_owner: string, _host: string, secret: string): boolean {
    return this.read.has(secret);
  }

  async compare(secret: string): Promise<() => boolean> {
    this.compared.push(secret);
    return () => this.held.get(secret) !== this.read.get(secret);
  }
}

function start({ holdConnection = false, holdUpdates = false, before = [] }: Options = {}) {
  const clock = new FakeClock();
  const hosts = new Store<DockerHostObject>();
  for (const host of before) hosts.upsert(host);
  const connection = new FakeReconciler(holdConnection);
  const updates = new FakeReconciler(holdUpdates);
  const readings = new FakeReadings();
  const fleet = new Fleet({
    hosts,
    readings,
    connection,
    updates,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    isStarting: () => false,
  });
  const stop = new AbortController();
  const running = Promise.all(fleet.controllers.map((controller) => controller.run(stop.signal)));
  onTestFinished(async () => {
    stop.abort();
    connection.release();
    updates.release();
    await clock.advance(60_000);
    await running;
  });
  const counts = () => [connection.runs.length, updates.runs.length];
  return { clock, hosts, connection, updates, readings, fleet, counts };
}

let version = 0;
const host = (parts: HostParts = {}) => dockerHost({ resourceVersion: String(++version), ...parts });
const spec = { tls: { certSecretRef: { name: "tls" } }, updateCheck: { imagePullSecrets: [{ name: "regcred" }] } };
const connected = (generation = 1): DockerHostStatus => ({
  conditions: [condition("Connected", "True", "ConnectionEstablished", { observedGeneration: generation })],
});

describe("Fleet", () => {
  it("looks at the connection and the images of a new host, and again after the interval", async () => {
    const { clock, hosts, counts } = start();
    hosts.upsert(host());
    await settle();
    expect(counts()).toEqual([1, 1]);
    await clock.advance(INTERVAL_MS);
    expect(counts()).toEqual([2, 2]);
  });

  it("takes up the hosts that were there before it", async () => {
    const { counts } = start({ before: [host()] });
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it.each<readonly [string, HostParts]>([
    ["spec", { generation: 2 }],
    ["request", { annotations: { "dockerhost.dev/requestedAt": "1" } }],
    ["request by Flux", { annotations: { "reconcile.fluxcd.io/requestedAt": "1" } }],
  ])("interrupts both after a change of the %s, and connects before it checks", async (_what, change) => {
    const { hosts, connection, updates, counts } = start({ holdConnection: true, holdUpdates: true });
    hosts.upsert(host({ spec }));
    await settle();
    hosts.upsert(host({ spec, ...change }));
    expect(connection.runs[0]?.signal.aborted).toBe(true);
    expect(updates.runs[0]?.signal.aborted).toBe(true);
    await settle();
    expect(counts()).toEqual([2, 1]);
    connection.runs[1]?.end();
    await settle();
    expect(counts()).toEqual([2, 2]);
  });

  it("does the same when a Secret of the connection changes, also while a check hangs", async () => {
    const { fleet, hosts, connection, updates, counts } = start({ holdUpdates: true });
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

  it("leaves everything alone when a Secret has a new version and the same data, also what is under way", async () => {
    const { clock, fleet, hosts, connection, updates, readings, counts } = start({ holdConnection: true });
    readings.held.set("fleet/tls", "first");
    readings.held.set("fleet/regcred", "first");
    hosts.upsert(host({ spec }));
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
    const { fleet, hosts, readings, counts } = start();
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

  it("looks at the images alone when a Secret of the check changes", async () => {
    const { fleet, hosts, connection, updates, counts } = start({ holdConnection: true });
    hosts.upsert(host({ spec }));
    await settle();
    fleet.secretChanged("fleet/regcred");
    await settle();
    expect(counts()).toEqual([1, 2]);
    expect(updates.checkedAgain).toEqual([KEY]);
    expect(connection.runs[0]?.signal.aborted).toBe(false);
  });

  it("is left alone by other Secrets", async () => {
    const { fleet, hosts, counts } = start();
    hosts.upsert(host({ spec }));
    await settle();
    fleet.secretChanged("other/tls");
    fleet.secretChanged("fleet/unrelated");
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it("finds a host by the Secrets that it names now", async () => {
    const { fleet, hosts, counts } = start();
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

  it("is not woken by a status that says the same of the connection", async () => {
    const { hosts, counts } = start();
    hosts.upsert(host({ status: connected() }));
    await settle();
    hosts.upsert(host({ status: { ...connected(), updates: { total: 1 } } }));
    await settle();
    expect(counts()).toEqual([1, 1]);
  });

  it("looks at the images when the host comes back, or is connected for a new generation", async () => {
    const { hosts, counts } = start();
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
    const { clock, hosts, connection, counts } = start({ holdConnection: true });
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
    const { clock, hosts, connection, updates, counts } = start({ holdConnection: true, holdUpdates: true });
    hosts.upsert(host({ spec }));
    await settle();
    hosts.remove(KEY);
    expect(connection.runs[0]?.signal.aborted).toBe(true);
    expect(updates.runs[0]?.signal.aborted).toBe(true);
    await settle();
    expect(counts()).toEqual([2, 2]);
    await clock.advance(1_000);
    expect(counts()).toEqual([2, 2]);
  });

  describe("with hosts that reach the same daemon", () => {
    const reached = (id: string | undefined, name: string, parts: { name?: string; warnings?: string[] } = {}) => {
      const { warnings, ...engine } = parts;
      const status = { engine: { ...(id === undefined ? {} : { id }), ...engine }, ...(warnings ? { warnings } : {}) };
      const object = host({ status });
      return { ...object, metadata: { ...object.metadata, name, uid: name } };
    };
    const told = { warnings: [twinWarning({ named: "b", more: 0, elsewhere: false }) ?? ""] };

    /** Counts the connection passes since the last call. */
    async function started(...before: readonly DockerHostObject[]) {
      const world = start({ before });
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

    it("looks at the others when one comes, and at that one where it was not told itself", async () => {
      const { hosts, passes } = await started(reached("1", "a"), reached(undefined, "b"));
      hosts.upsert(reached("1", "b", told));
      expect(await passes()).toBe(1);
      hosts.upsert(reached(undefined, "b"));
      expect(await passes()).toBe(1);
      hosts.upsert(reached("1", "b"));
      expect(await passes()).toBe(2);
    });

    it("looks at the others when one goes, be it to another daemon", async () => {
      const { hosts, passes } = await started(reached("1", "a"), reached("1", "b"), reached("1", "c"));
      hosts.upsert(reached("2", "b"));
      expect(await passes()).toBe(2);
      hosts.remove("fleet/a");
      // The deleted one is forgotten, the other is looked at.
      expect(await passes()).toBe(2);
    });

    it("wakes nobody while the daemon is the same, is reached by one, or makes up ids", async () => {
      const podman = { name: "Podman" };
      const { hosts, passes } = await started(reached("1", "a"), reached("1", "b"), reached("3", "p", podman));
      hosts.upsert(reached("1", "b", told));
      hosts.upsert(reached("3", "q", podman));
      expect(await passes()).toBe(1);
      hosts.upsert(reached("4", "c"));
      expect(await passes()).toBe(1);
    });

    it("comes to rest where daemons take turns behind one address", async () => {
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

  it("works on several hosts at once, and is not held up by one that hangs", async () => {
    const { hosts, counts } = start({ holdConnection: true });
    const other = host();
    hosts.upsert(host());
    hosts.upsert({ ...other, metadata: { ...other.metadata, name: "edge-8", uid: "1" } });
    await settle();
    expect(counts()).toEqual([2, 2]);
  });
});

describe("Fleet over a simulated host", { timeout: 30_000 }, () => {
  async function startWorld() {
    const keys = await createWorldKeys();
    const world = await SimulatedWorld.start(keys);
    const { clock, connection, updates, readings, resources } = world;
    const fleet = new Fleet({
      readings,
      hosts: resources.hosts,
      connection,
      updates,
      clock,
      random: () => 0.5,
      logger: silentLogger,
      isStarting: () => false,
    });
    world.onSecretChange = (key) => fleet.secretChanged(key);
    const stop = new AbortController();
    const running = Promise.all(fleet.controllers.map((controller) => controller.run(stop.signal)));
    onTestFinished(async () => {
      stop.abort();
      await running;
    });
    const has = (condition: string) =>
      eventually(() => expect(summaries(world.host.status?.conditions)).toContain(condition));
    return { keys, world, fleet, has };
  }

  it("follows a Secret to another authority and back while a check hangs on its registry", async () => {
    const { keys, world, has } = await startWorld();
    await world.registry.setFaults({ kind: "silent" });
    await has("Ready=True Succeeded");
    await eventually(() => expect(world.registry.counters.connections).toBe(1));
    await world.setSecret("tls", keys.foreign);
    await has("Ready=False ServerCertificateUntrusted");
    await world.setSecret("tls", keys.client);
    await has("Ready=True Succeeded");
    await eventually(() => expect(world.registry.counters.connections).toBe(2));
    expect(world.told()).toEqual(["Normal Succeeded", "Warning ServerCertificateUntrusted", "Normal Succeeded"]);
    await world.registry.setFaults();
    await world.request("now");
    await has("UpdateCheckSucceeded=True CheckSucceeded");
    expect(world.host.metadata.generation).toBe(1);
  });

  it("asks neither the daemon nor the registry where a Secret holds what it held, and both where it does not", async () => {
    const { keys, world, fleet, has } = await startWorld();
    await has("UpdateCheckSucceeded=True CheckSucceeded");
    await world.setSecret("registry-ca", { "ca.crt": keys.foreign["ca.pem"] ?? "" });
    await world.request("now");
    await has("UpdateCheckSucceeded=False RegistryCertificateUntrusted");
    const { resourceVersion } = world.host.metadata;
    const asked = () => [world.daemon.counters.connections, world.registry.counters.connections];
    const before = asked();
    fleet.secretChanged("fleet/tls");
    fleet.secretChanged("fleet/registry-ca");
    await settle();
    expect(asked()).toEqual(before);
    expect(world.host.metadata.resourceVersion).toBe(resourceVersion);
    await world.setSecret("registry-ca", { "ca.crt": keys.authority.certPem });
    await has("UpdateCheckSucceeded=True CheckSucceeded");
    // For the list of the one check that had a cause.
    expect(world.daemon.counters.connections).toBe((before[0] ?? 0) + 1);
  });

  it("checks again at once after a change of a connection's Secret where the last check failed", async () => {
    const { keys, world, has } = await startWorld();
    await world.registry.setFaults({ kind: "refuse" });
    await has("UpdateCheckSucceeded=False RegistryUnreachable");
    await world.registry.setFaults();
    await world.setSecret("tls", { ...keys.client, note: "renewed" });
    await has("UpdateCheckSucceeded=True CheckSucceeded");
  });
});
