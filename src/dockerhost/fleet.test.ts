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

function start({ holdConnection = false, holdUpdates = false, before = [] }: Options = {}) {
  const clock = new FakeClock();
  const hosts = new Store<DockerHostObject>();
  for (const host of before) hosts.upsert(host);
  const connection = new FakeReconciler(holdConnection);
  const updates = new FakeReconciler(holdUpdates);
  const fleet = new Fleet({
    hosts,
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
  return { clock, hosts, connection, updates, fleet, counts };
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
    expect(updates.checkedAgain).toEqual([]);
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
  it("follows a Secret to another authority and back while a check hangs on its registry", async () => {
    const keys = await createWorldKeys();
    const world = await SimulatedWorld.start(keys);
    const { clock, connection, updates, resources } = world;
    const fleet = new Fleet({
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
    const ready = (expected: string) =>
      eventually(() => expect(summaries(world.host.status?.conditions)).toContain(`Ready=${expected}`));
    const checked = (expected: string) =>
      eventually(() => expect(summaries(world.host.status?.conditions)).toContain(`UpdateCheckSucceeded=${expected}`));

    await world.registry.setFaults({ kind: "silent" });
    await ready("True Succeeded");
    await eventually(() => expect(world.registry.counters.connections).toBe(1));
    await world.setSecret("tls", keys.foreign);
    await ready("False ServerCertificateUntrusted");
    await world.setSecret("tls", keys.client);
    await ready("True Succeeded");
    await eventually(() => expect(world.registry.counters.connections).toBe(2));
    expect(world.told()).toEqual(["Normal Succeeded", "Warning ServerCertificateUntrusted", "Normal Succeeded"]);
    await world.registry.setFaults();
    await world.request("now");
    await checked("True CheckSucceeded");
    expect(world.host.metadata.generation).toBe(1);
    stop.abort();
    await running;
  });
});
