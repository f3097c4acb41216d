import { describe, expect, it, onTestFinished } from "vitest";
import { pullImage } from "../../test/sim/pull.ts";
import { summaries } from "../../test/support/docker-host.ts";
import { eventually } from "../../test/support/eventually.ts";
import { settle } from "../../test/support/fake-clock.ts";
import { createWorldKeys, SimulatedWorld } from "../../test/support/simulated-world.ts";
import { silentLogger } from "../common/logger.ts";
import { Fleet } from "./fleet.ts";

describe("Fleet over a simulated host", () => {
  async function startWorld() {
    const keys = await createWorldKeys();
    const world = await SimulatedWorld.start(keys);
    const { clock, connection, updates, containers, readings, resources } = world;
    const fleet = new Fleet({
      readings,
      hosts: resources.hosts,
      connection,
      containers,
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

  it("writes a new host twice until it is checked, and a changed one as well", async () => {
    const { world, has } = await startWorld();
    const isCurrent = () =>
      world.host.status?.conditions?.every(
        ({ observedGeneration }) => observedGeneration === world.host.metadata.generation,
      );
    let writes = 0;
    world.resources.hosts.subscribe(({ previous, object }) => {
      if (previous?.metadata.generation === object.metadata.generation) writes++;
    });
    await has("UpdateCheckSucceeded=True CheckSucceeded");
    expect(writes).toBe(2);
    await world.setSpec({ interval: "10m" });
    await eventually(() => expect(isCurrent()).toBe(true));
    expect(writes).toBe(4);
    expect(world.takeEvents()).toEqual(["Normal Succeeded"]);
  });

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
    expect(world.takeEvents()).toEqual(["Normal Succeeded", "Warning ServerCertificateUntrusted", "Normal Succeeded"]);
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

  it("checks immediately, without the registry, when a pass finds that containers were replaced by hand", async () => {
    const { world, has } = await startWorld();
    await has("UpdatesAvailable=False UpToDate");
    world.registry.push("shop/web", "1");
    await world.request("now");
    await has("UpdatesAvailable=True UpdatesFound");
    const image = pullImage(world.registry, "shop/web", "1");
    const web = { id: "8".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image };
    world.daemon.setContents({ images: [image], containers: [web] });
    world.registry.counters.reset();
    await world.clock.advance(300_000);
    await has("UpdatesAvailable=False UpToDate");
    expect(world.registry.counters.requests()).toBe(0);
  });

  it("checks again immediately after a change of a connection's Secret if the last check failed", async () => {
    const { keys, world, has } = await startWorld();
    await world.registry.setFaults({ kind: "refuse" });
    await has("UpdateCheckSucceeded=False RegistryUnreachable");
    await world.registry.setFaults();
    await world.setSecret("tls", { ...keys.client, note: "renewed" });
    await has("UpdateCheckSucceeded=True CheckSucceeded");
  });
});
