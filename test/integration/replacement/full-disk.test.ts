import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { run } from "../../env/binaries/run-command.ts";
import { SmallDocker } from "./small-disk.ts";
import { each, engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

const NAME = "crowded";
const DISK_MB = 96;
const LARGE_MB = 160;

/** A daemon on a small file system, and the images that a larger one has made. */
class CrowdedWorld extends ReplacementWorld {
  readonly #disk: SmallDocker;

  constructor(engine: (typeof engines)[number], disk: SmallDocker) {
    super({ ...engine, docker: disk });
    this.#disk = disk;
  }

  get disk(): SmallDocker {
    return this.#disk;
  }
}

interface Images {
  readonly good: VersionedImage;
  /** The digest of a version that does not fit. */
  readonly large: string;
}

async function imagesOf(engine: (typeof engines)[number]): Promise<Images> {
  const { docker } = engine;
  const good = await new ReplacementWorld(engine).versions("crowded", [IDLE_COMMAND]);
  const folder = join(docker.facts.dockerd.runFolder, `large-${engine.key}`);
  await run("mkdir", [folder]);
  // Zeros are quickly packed and sent, and need all of their space when they are unpacked.
  await run("touch", [join(folder, "zeros")]);
  await truncate(join(folder, "zeros"), LARGE_MB * 1024 * 1024);
  await run("tar", ["-cf", `${folder}.tar`, "-C", folder, "zeros"]);
  const name = good.name.replace(/:1$/, ":large");
  await docker.cli(["import", "--change", IDLE_COMMAND, `${folder}.tar`, name]);
  const large = await docker.push(name);
  await docker.cli(["image", "rm", name]);
  await run("rm", ["-r", folder, `${folder}.tar`]);
  return { good, large };
}

describe("an update on both engines when the disk of the host is full", () => {
  const worlds: CrowdedWorld[] = [];
  const images = new Map<string, Images>();
  const ofWorld = ({ key }: ReplacementWorld) => {
    const found = images.get(key);
    if (found === undefined) throw new Error(`no images of ${key}`);
    return found;
  };

  beforeAll(async () => {
    await Promise.all(
      engines.map(async (engine) => {
        images.set(engine.key, await imagesOf(engine));
        const world = new CrowdedWorld(engine, await SmallDocker.startOn(engine.docker, engine.key, DISK_MB));
        worlds.push(world);
        await world.docker.cli(["pull", ofWorld(world).good.name]);
      }),
    );
  });

  afterAll(() => each(worlds, ({ disk }) => disk.end()));

  onBoth(worlds, "touches nothing while not even a container fits, nor while the image does not", async (world) => {
    const { good, large } = ofWorld(world);
    await world.run(NAME, ["--network=none", "--restart=always", "--volume=/data"], good.name);
    const container = async () => {
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      const { Id, HostConfig } = await world.inspect(NAME);
      return [Id, HostConfig.RestartPolicy.Name];
    };
    const failed = { kind: "Failed", failure: { reason: "HostDiskFull" } };
    const first = await container();
    // The image is there, but nothing more can be written.
    await world.docker.cli(["pull", `${good.name.replace(/:1$/, "")}@${good.second}`]);
    const whenFull = await world.unchanged();
    {
      await using _ = await world.disk.fill();
      expect(await world.update(world.request(NAME, good.name, good.second))).toMatchObject(failed);
      await whenFull();
    }
    expect(await world.update(world.request(NAME, good.name, good.second))).toMatchObject({ kind: "Succeeded" });
    const second = await container();
    expect(second).not.toEqual(first);
    // This comes last, because the engine frees the space of a failed pull in the background.
    const whenSmall = await world.unchanged();
    expect(await world.update(world.request(NAME, good.name, large))).toMatchObject(failed);
    await whenSmall();
  });
});
