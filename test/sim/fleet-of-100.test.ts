import { expect, it, onTestFinished, vi } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { REQUESTED_AT } from "../../src/api/docker-host.ts";
import { createReconcilers } from "../../src/cli/reconcilers.ts";
import { openGuard } from "../../src/common/dial-guard.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { Fleet } from "../../src/dockerhost/fleet.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { hostManifests } from "../support/merged-manifests.ts";
import { type FleetHost, startSimFleet } from "./fleet.ts";

const HOSTS = 100;
const IMAGES = 5;
/** Long enough for 100 hosts on a machine that is busy with other things. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 100_000, interval: 50 });
const REQUESTS_PER_PASS = 3;
const REQUESTS_PER_CHECK = 4;
/** What a host allows is tried once, at the first contact. */
const REQUESTS_FOR_CAPABILITIES = 4;

it("a fleet of 100 with failing hosts, changes and a restart ends as it should, with few requests", {
  timeout: 300_000,
}, async () => {
  const sim = await startSimFleet({ hosts: HOSTS, containersPerHost: IMAGES, images: IMAGES });
  const clock = new FakeClock(Date.now());
  const resources = new FileResources({ clock });
  let writes = 0;
  resources.hosts.subscribe(({ type }) => {
    if (type === "updated") writes++;
  });
  let stop = async () => {};
  onTestFinished(async () => {
    await stop();
    await sim.close();
  });

  /** A new process over what is stored. Counts the passes. */
  function start() {
    let passes = 0;
    const hosts = { connectionEnded: () => passes++, updateCheckEnded: () => {} };
    const fences = { guard: openGuard(), requireTls: false };
    const reconcilers = createReconcilers(resources, clock, () => 0.5, fences, { hosts });
    const shared = { clock, random: () => 0.5, logger: silentLogger, isStarting: () => false };
    const fleet = new Fleet({ ...shared, hosts: resources.hosts, ...reconcilers });
    const ended = new AbortController();
    const running = Promise.all(fleet.controllers.map((controller) => controller.run(ended.signal)));
    stop = async () => {
      ended.abort();
      await running;
      reconcilers[Symbol.dispose]();
    };
    return { passes: () => passes };
  }

  /** Hosts as they are from now on; those with a request differ in their annotations. */
  async function apply(hosts: readonly FleetHost[], spec: (index: number) => object, request?: string): Promise<void> {
    const annotations = request === undefined ? {} : { [REQUESTED_AT]: request };
    const manifests = hosts.map(({ name, endpoint }, index) => {
      const updateCheck = { registries: [{ host: sim.registry.host, certSecretRef: { name: "registry-ca" } }] };
      const tls = { verify: true, certSecretRef: { name: "tls" } };
      return [`fleet/${name}`, { annotations, spec: { host: endpoint, tls, updateCheck, ...spec(index) } }] as const;
    });
    const { authority, client } = sim;
    await resources.apply(
      hostManifests(Object.fromEntries(manifests), {
        "fleet/tls": { "ca.pem": authority.certPem, "cert.pem": client.certPem, "key.pem": client.keyPem },
        "fleet/registry-ca": { "ca.crt": authority.certPem },
      }),
    );
  }

  /** How many hosts have this condition in their current generation. */
  const having = (type: "Ready" | "UpdateCheckSucceeded", status: string) =>
    resources.hosts.list().filter((host) => {
      const condition = findCondition(host.status?.conditions, type);
      return condition?.status === status && condition.observedGeneration === host.metadata.generation;
    }).length;
  const outdated = () => resources.hosts.list().map(({ status }) => status?.updates?.outdated ?? 0);
  const takeMostRequests = () => {
    const counts = sim.hosts.map(({ daemon }) => daemon.counters.requests());
    for (const { daemon } of sim.hosts) daemon.counters.reset();
    return Math.max(...counts);
  };

  const failing = sim.hosts.slice(0, 10);
  for (const { daemon } of failing) await daemon.setFaults({ kind: "refuse" });
  const first = start();
  await apply(sim.hosts, () => ({}));
  await eventually(() => {
    expect(having("Ready", "False")).toBe(10);
    expect(having("UpdateCheckSucceeded", "True")).toBe(90);
  });
  expect(takeMostRequests()).toBeLessThanOrEqual(REQUESTS_PER_PASS + REQUESTS_FOR_CAPABILITIES + REQUESTS_PER_CHECK);
  expect(sim.registry.counters.requests()).toBe(IMAGES);
  expect(first.passes()).toBe(HOSTS);

  // The failing hosts come back, ten others change, five are deleted, and an image has a newer push.
  for (const { daemon } of failing) await daemon.setFaults();
  sim.registry.push("team/app-1", "1");
  const kept = sim.hosts.slice(0, 95);
  await clock.advance(1_000);
  await apply(kept, (index) => (index >= 20 && index < 30 ? { interval: "10m" } : {}), "after the changes");
  await eventually(() => {
    expect(having("Ready", "True")).toBe(95);
    expect(having("UpdateCheckSucceeded", "True")).toBe(95);
    expect(outdated()).toEqual(Array(95).fill(1));
  });
  expect(takeMostRequests()).toBeLessThanOrEqual(
    2 * REQUESTS_PER_PASS + REQUESTS_FOR_CAPABILITIES + 2 * REQUESTS_PER_CHECK,
  );
  // Each image once more for the whole fleet, and what the tag holds that has a newer push.
  const asked = sim.registry.counters.requests();
  expect(asked).toBeLessThanOrEqual(2 * IMAGES + 2);

  await stop();
  const before = writes;
  const second = start();
  await eventually(() => expect(second.passes()).toBe(95));
  expect(writes).toBe(before);
  expect(takeMostRequests()).toBeLessThanOrEqual(REQUESTS_PER_PASS);
  expect(sim.registry.counters.requests()).toBe(asked);
});
