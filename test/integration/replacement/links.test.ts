import { afterAll, beforeAll, describe, expect } from "vitest";
import { BridgedDocker } from "./bridged-docker.ts";
import { engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

const SUBNETS = { old: "10.87.1.1/24", new: "10.87.2.1/24" };

describe("containers on the default network that are linked to one that is updated", () => {
  const worlds: ReplacementWorld[] = [];
  const daemons: BridgedDocker[] = [];
  const images = new Map<string, VersionedImage>();
  const imageOf = ({ key }: ReplacementWorld) => images.get(key) ?? expect.fail(`no images of ${key}`);

  beforeAll(async () => {
    await Promise.all(
      engines.map(async (engine) => {
        images.set(engine.key, await new ReplacementWorld(engine).versions("linked", [IDLE_COMMAND]));
        const docker = await BridgedDocker.startOn(engine.docker, engine.key, SUBNETS[engine.key]);
        daemons.push(docker);
        const world = new ReplacementWorld({ ...engine, docker });
        worlds.push(world);
        await docker.cli(["pull", imageOf(world).name]);
      }),
    );
  });

  afterAll(() => Promise.all(daemons.map((docker) => docker.end())));

  async function startAll(world: ReplacementWorld) {
    const { name } = imageOf(world);
    await world.run("linked-db", ["--restart=always"], name);
    await world.run("linked-web", ["--restart=always", "--link=linked-db:db", "--env=OWN=1"], name);
    await world.run("linked-proxy", ["--link=linked-web:up", "--link=linked-db"], name);
  }

  const linksOf = async (world: ReplacementWorld, name: string) => {
    const links = (await world.inspect(name)).HostConfig.Links;
    return Array.isArray(links) ? links.toSorted() : links;
  };
  const expectLinks = async (world: ReplacementWorld) => {
    expect(await world.containers("linked")).toEqual(
      ["linked-db", "linked-proxy", "linked-web"].map((name) => `${name} running`),
    );
    expect(await linksOf(world, "linked-web")).toEqual(["/linked-db:/linked-web/db"]);
    expect(await linksOf(world, "linked-proxy")).toEqual([
      "/linked-db:/linked-proxy/linked-db",
      "/linked-web:/linked-proxy/up",
    ]);
    for (const name of ["linked-web", "linked-proxy"]) await world.docker.cli(["restart", "--time=1", name]);
  };

  onBoth(worlds, "are replaced too, and linked to the new one", async (world) => {
    await startAll(world);
    const { name, second } = imageOf(world);
    const before = (await world.inspect("linked-db")).Id;
    const result = await world.update(world.request("linked-db", name, second));
    expect(result).toMatchObject({ kind: "Succeeded", warnings: [] });
    expect((await world.inspect("linked-db")).Id).not.toBe(before);
    await expectLinks(world);
    await world.removeAll("linked");
  });

  onBoth(worlds, "are as before when the update fails", async (world) => {
    const image = imageOf(world);
    await world.restoreTags([image]);
    await startAll(world);
    const ids = async () =>
      Promise.all(["linked-db", "linked-web", "linked-proxy"].map(async (name) => (await world.inspect(name)).Id));
    const before = await ids();
    const request = world.request("linked-db", image.name, image.second, { health: { timeoutMs: 1, stableForMs: 1 } });
    const ports = world.ports();
    // Somebody stops the new container immediately, so that those that are linked to it cannot be started.
    const result = await world.update(request, {
      ...ports,
      record: async (progress) => {
        if (progress.step === "StartNew" && progress.members.every(({ newId }) => newId !== undefined)) {
          await world.docker.cli(["kill", progress.members[0]?.newId ?? ""]).catch(() => {});
        }
        return await ports.record(progress);
      },
    });
    expect(result).toMatchObject({ kind: "RolledBack" });
    expect(await ids()).toEqual(before);
    await expectLinks(world);
    await world.removeAll("linked");
  });
});
