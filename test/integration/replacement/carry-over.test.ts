import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { compare } from "./compare.ts";
import { type RunCase, runCases } from "./run-cases.ts";
import { each, engines, IDLE_COMMAND, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

const PREFIX = "carried-";

/** Everything that an image can set. */
const RICH = [
  'ENTRYPOINT ["/bin/busybox"]',
  `CMD ${JSON.stringify(["sh", "-c", 'trap "exit 0" INT TERM; /bin/busybox sleep infinity & wait'])}`,
  "ENV FROM_IMAGE=1",
  "ENV SECOND=two",
  "EXPOSE 8000",
  "VOLUME /image-volume",
  "WORKDIR /work",
  "USER 12:34",
  "LABEL image.label=1",
  'HEALTHCHECK --interval=200ms CMD ["/bin/busybox", "true"]',
];

class CarryingWorld extends ReplacementWorld {
  /** Why something may differ, and how often it did. */
  readonly allowed = new Map<string, number>();
  // Both engines publish their ports on this machine, and their networks are its own.
  readonly #net = this.key === "old" ? "172.31.10" : "172.31.11";
  readonly rows = runCases(this.#net, this.key === "old" ? "4187" : "4188");
  readonly #images = new Map<RunCase["image"], VersionedImage>();

  async setUp(): Promise<void> {
    const { docker } = this;
    await this.removeAll(PREFIX);
    await docker.cli(["network", "create", "--subnet", `${this.#net}1.0/24`, "net-a"]);
    await docker.cli(["network", "create", "--subnet", `${this.#net}2.0/24`, "net-b"]);
    // Engine 20.10 cannot import an image with a stop signal.
    const rich = this.key === "old" ? RICH : [...RICH, "STOPSIGNAL SIGINT"];
    this.#images.set("plain", await this.versions("plain", [IDLE_COMMAND]));
    this.#images.set("rich", await this.versions("rich", rich));
    await this.run("source", ["--network=net-a", "--ipc=shareable", "--volume", "/source-volume"], this.image().name);
  }

  async tearDown(): Promise<void> {
    const { docker } = this;
    await this.removeAll(PREFIX);
    await docker.cli(["rm", "--force", "--volumes", "source"]);
    await docker.cli(["network", "rm", "net-a", "net-b"]);
    await docker.cli(["volume", "rm", "--force", "named", "fresh", "mounted"]);
    const list = [...this.allowed].map(([why, count]) => `  ${count} times: ${why}`).toSorted();
    console.error(`differences that are allowed, on ${this.label}:\n${list.join("\n")}`);
  }

  /** The next one starts from the same. */
  async reset(): Promise<void> {
    await this.removeAll(PREFIX);
    await this.restoreTags(this.#images.values());
  }

  row(name: string): RunCase {
    const found = this.rows.find((row) => row.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    return found;
  }

  image(kind: RunCase["image"] = "plain"): VersionedImage {
    const found = this.#images.get(kind);
    if (found === undefined) throw new Error(`no image ${kind}`);
    return found;
  }
}

describe("what both engines show of a container before and after its update", () => {
  const worlds = engines.map((engine) => new CarryingWorld(engine));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.tearDown()));
  afterEach(() => each(worlds, (world) => world.reset()));

  for (const title of worlds.at(0)?.rows.map(({ name }) => name) ?? []) {
    onBoth(worlds, title, async (world) => {
      const { docker, allowed } = world;
      const row = world.row(title);
      const name = PREFIX + row.name;
      const image = world.image(row.image);
      await world.run(name, row.args, image.name, row.command, row.created);
      if (row.ends === true) await docker.cli(["wait", name]);
      for (const network of row.connect ?? []) await docker.cli(["network", "connect", ...network, name]);
      for (const file of row.data ?? []) {
        await docker.cli(["exec", "--user=0", name, "/bin/busybox", "sh", "-c", `echo kept > ${file}`]);
      }
      const before = await world.inspect(name);
      expect(await world.update(world.request(name, image.name, image.second))).toMatchObject({ kind: "Succeeded" });
      const after = await world.inspect(name);
      expect(after.Id).not.toBe(before.Id);
      expect(after.Image).not.toBe(before.Image);
      const differences = compare(before, after);
      for (const why of differences.allowed) allowed.set(why, (allowed.get(why) ?? 0) + 1);
      expect(differences.forbidden).toEqual([]);
      for (const file of row.data ?? []) {
        expect(await docker.cli(["exec", name, "/bin/busybox", "cat", file])).toBe("kept\n");
      }
      const status = before.State.Status === "running" ? "running" : "created";
      expect(await world.containers(`${name}(\\.|$)`)).toEqual([`${name} ${status}`]);
    });
  }
});
