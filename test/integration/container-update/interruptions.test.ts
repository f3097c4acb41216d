import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { CuttingProxy } from "../replacement/cutting-proxy.ts";
import { HELD, UpdateWorld } from "./world.ts";

const { dockers } = inject("environment");

describe("ContainerUpdates that are interrupted", () => {
  const socket = join(dockers.new.dockerd.runFolder, "cut.sock");
  let world: UpdateWorld;
  let proxy: CuttingProxy;

  beforeAll(async () => {
    proxy = await CuttingProxy.listen(socket, dockers.new.socket);
    const flags = ["--allowed-sockets", socket];
    world = await UpdateWorld.start("cut-", { engines: ["old", "new"], images: ["good", "held"], flags });
  });

  afterAll(async () => {
    await world?.stop();
    await proxy?.close();
  });

  it("go on when a host that went away in the middle is back", async () => {
    const { namespace, updates } = world;
    const container = "cut-away";
    await world.started("new", container, "held");
    await namespace.applyHost("away", {
      host: `unix://${socket}`,
      allowUpdates: true,
      interval: "10s",
      timeout: "10s",
    });
    await namespace.waitFor("away", { type: "Connected", status: "True" });
    const spec = { ...world.specOf("new", container, "held"), health: HELD };
    await updates.create("away", { ...spec, hostRef: { name: "away" } });
    await updates.reaches("away", "Verifying");
    await proxy.close();
    await namespace.kubectl("annotate", "dhost", "away", "--overwrite", "dockerhost.dev/requestedAt=away");
    await namespace.waitFor("away", { type: "Connected", status: "False" });
    expect((await updates.get("away")).status?.phase).toBe("Verifying");
    await world.release("new", container);
    proxy = await CuttingProxy.listen(socket, dockers.new.socket);
    await updates.reaches("away", "Succeeded");
    expect(await world.engine("new").containers(container)).toEqual([`${container} running`]);
  });

  it("are finished by another leader, wherever the first one is killed", async () => {
    const { updates } = world;
    const verified = "cut-taken-over";
    const id = await world.started("new", verified, "held");
    // It takes its time to stop, in the middle of the replacement.
    const stubborn = "cut-stubborn";
    const { name } = world.image("old");
    const forever = "trap '' TERM; while :; do /bin/busybox sleep 1; done";
    const args = ["--network=none", "--stop-timeout=10"];
    const old = await world.engine("old").run(stubborn, args, name, ["/bin/busybox", "sh", "-c", forever]);
    const next = await world.startController();
    await next.says("Waiting to lead");
    await updates.create("taken-over", { ...world.specOf("new", verified, "held"), health: HELD });
    await updates.reaches("taken-over", "Verifying");
    await updates.create("stubborn", world.specOf("old", stubborn));
    await eventually(async () => expect((await updates.get("stubborn")).status?.transaction?.newID).toBeDefined());
    await world.programs[0]?.kill();
    await world.release("new", verified);
    const first = await updates.reaches("taken-over", "Succeeded");
    expect(first.status?.transaction).toMatchObject({ oldID: id });
    const second = await updates.reaches("stubborn", "Succeeded");
    // It was undone and started again.
    expect(second.status?.transaction).toMatchObject({ oldID: old, undone: 1 });
    expect(await world.engine("new").containers(verified)).toEqual([`${verified} running`]);
    expect(await world.engine("old").containers(stubborn)).toEqual([`${stubborn} running`]);
    expect(await next.metrics()).toContain('dockerhost_container_updates_total{result="Succeeded"} 2');
  });
});
