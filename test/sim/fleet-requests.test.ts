import { expect, it, onTestFinished } from "vitest";
import { openGuard } from "../../src/common/dial-guard.ts";
import { silentLogger } from "../../src/common/logger.ts";
import { replyBudget } from "../../src/docker/exchange.ts";
import { createTlsMemory } from "../../src/docker/tls-memory.ts";
import { ConnectionReconciler } from "../../src/dockerhost/connection/connection-reconciler.ts";
import { SecretReadings } from "../../src/dockerhost/secret-readings.ts";
import { UpdatesReconciler } from "../../src/dockerhost/updates/updates-reconciler.ts";
import { FileResources } from "../../src/files/file-resources.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { RegistryConnections } from "../../src/registry/connections.ts";
import { RegistryResolver } from "../../src/registry/resolver.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { hostManifests } from "../support/merged-manifests.ts";
import { type SimDaemon, startSimDaemon } from "./daemon.ts";
import { pullImage } from "./pull.ts";
import { startSimRegistry } from "./registry.ts";

const HOSTS = 200;
const IMAGES = 20;

it("a fleet of 200 hosts that run the same 20 images has the registry asked 20 times in an interval", {
  timeout: 300_000,
}, async () => {
  const registry = await startSimRegistry();
  const tags = Array.from({ length: IMAGES }, (_, index) => [`team/app-${index}`, "1"] as const);
  const images = tags.map(([repository, tag]) => {
    registry.push(repository, tag);
    return pullImage(registry, repository, tag);
  });
  const containers = images.map((image, index) => ({
    id: `${index}`.padStart(64, "0"),
    name: `app-${index}`,
    image: image.tags[0] ?? "",
    runs: image,
  }));
  const daemons: SimDaemon[] = [];
  for (let index = 0; index < HOSTS; index++) {
    daemons.push(await startSimDaemon({ engine: { id: `engine-${index}` }, images, containers }));
  }
  const clock = new FakeClock(Date.parse("2026-01-01T00:00:00Z"));
  const resources = new FileResources({ clock });
  const spec = (port: number) => ({
    host: `tcp://127.0.0.1:${port}`,
    updateCheck: { registries: [{ host: registry.host, insecure: true }] },
  });
  const hosts = daemons.map(({ port }, index) => [`fleet/edge-${index}`, { spec: spec(port) }] as const);
  await resources.apply(hostManifests(Object.fromEntries(hosts)));
  const guard = openGuard();
  const connections = new RegistryConnections({ systemRoots: [], guard });
  onTestFinished(async () => {
    connections.close();
    await Promise.all([registry.close(), ...daemons.map((daemon) => daemon.close())]);
  });
  const random = () => 0.5;
  const resolver = new RegistryResolver({ client: new RegistryClient({ connections, clock, random }), clock });
  const readings = new SecretReadings({ resources, hashKey: Buffer.alloc(32, 7) });
  const shared = {
    readings,
    resources,
    clock,
    random,
    roots: () => [],
    guard,
    replies: replyBudget(clock),
    tlsMemory: createTlsMemory(clock),
    requireTls: false,
  };
  const connection = new ConnectionReconciler(shared);
  const updates = new UpdatesReconciler({ ...shared, resolver });
  const { signal } = new AbortController();
  const keys = resources.hosts.list().map(keyOf);
  const forEach = async (work: (key: string) => Promise<unknown>) => {
    const left = [...keys];
    const worker = async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) await work(key);
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };

  await forEach((key) => connection.reconcile(key, signal, silentLogger));
  await forEach((key) => updates.reconcile(key, signal, silentLogger));
  const upToDate = resources.hosts.list().map(({ status }) => status?.updates?.upToDate);
  expect(upToDate).toEqual(Array(HOSTS).fill(IMAGES));
  expect(registry.counters.byRoute()).toEqual({ "HEAD /v2/{name}/manifests/{reference}": IMAGES });
});
