import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { ContainerDetails } from "../../../src/docker/engine-details.ts";
import { recreate } from "../../../src/replacement/recreate.ts";
import { asObject } from "../../../src/replacement/recreate-config.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { Docker } from "../../env/docker.ts";
import { compare } from "./compare.ts";
import { NOT_IN_MATRIX } from "./not-in-matrix.ts";
import { type RunCase, runCases } from "./run-cases.ts";
import { each, engines, IDLE_COMMAND, type Inspected, onBoth, ReplacementWorld, type VersionedImage } from "./world.ts";

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

/** Each daemon is used by the command line of its own version. */
class CarryingWorld extends ReplacementWorld {
  /** Why something may differ, and how often it did. */
  readonly allowed = new Map<string, number>();
  // Both engines publish their ports on this machine, and their networks are its own.
  readonly #net = this.key === "old" ? "172.31.10" : "172.31.11";
  readonly #net6 = this.key === "old" ? "fd77:1" : "fd77:2";
  readonly #folder = join(this.docker.facts.dockerd.runFolder, `carried-${this.key}`);
  readonly #images = new Map<RunCase["image"], VersionedImage>();
  readonly rows = runCases({
    net: this.#net,
    net6: this.#net6,
    // Below those that the kernel gives to outgoing connections, and below those of the servers of the tests.
    port: this.key === "old" ? "1871" : "1872",
    folder: this.#folder,
    cgroup: `/${basename(this.docker.facts.dockerd.runFolder)}`,
    platform: process.arch === "arm64" ? "linux/arm64" : "linux/amd64",
    image: this.nameOf("plain"),
  }).filter(({ only }) => only === undefined || only === this.key);

  async setUp(): Promise<void> {
    const { docker } = this;
    await this.removeAll(PREFIX);
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, "env"), "FROM_FILE=1\n");
    await writeFile(join(this.#folder, "labels"), "from.file=1\n");
    await docker.cli(["network", "create", "--subnet", `${this.#net}1.0/24`, "net-a"]);
    const subnets = ["--subnet", `${this.#net}2.0/24`, "--subnet", `${this.#net6}::/64`];
    await docker.cli(["network", "create", "--ipv6", ...subnets, "net-b"]);
    // Engine 20.10 cannot import an image with a stop signal.
    const rich = this.key === "old" ? RICH : [...RICH, "STOPSIGNAL SIGINT"];
    this.#images.set("plain", await this.versions("plain", [IDLE_COMMAND]));
    this.#images.set("rich", await this.versions("rich", rich));
    await this.run(
      "source",
      ["--network=net-a", "--ipc=shareable", "--volume", "/source-volume", "--volume", "nested:/nested"],
      this.image().name,
    );
    await docker.cli(["exec", "source", "/bin/busybox", "mkdir", "/nested/inner"]);
  }

  async tearDown(): Promise<void> {
    const { docker } = this;
    await this.removeAll(PREFIX);
    await docker.cli(["rm", "--force", "--volumes", "source"]);
    await docker.cli(["network", "rm", "net-a", "net-b"]);
    await docker.cli(["volume", "rm", "--force", "named", "fresh", "mounted", "optioned", "nested"]);
    const list = [...this.allowed].map(([why, count]) => `  ${count} times: ${why}`).toSorted();
    console.error(`differences that are allowed, on ${this.label}:\n${list.join("\n")}`);
  }

  /** With all that the newest version of the API shows, and the MAC address that only older ones do. */
  override async inspect(name: string): Promise<Inspected> {
    const [newest, older] = await Promise.all([super.inspect(name, `v${this.apiVersion}`), super.inspect(name)]);
    return { ...newest, Config: { ...newest.Config, MacAddress: older.Config.MacAddress } };
  }

  /** Every option of `docker run`, as its help lists them. */
  async options(): Promise<readonly string[]> {
    const [, list = ""] = (await this.docker.cli(["run", "--help"])).split(/^(?:Options|Flags):$/m);
    return [...list.matchAll(/^ {2,6}(?:-\w, )?--([a-z0-9-]+)/gm)].map(([, option = ""]) => option).toSorted();
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

/** Keys of what a daemon shows that are not sent when a container is created again. */
const NOT_CARRIED = [
  ...["Id", "Created", "Path", "Args", "State", "Image", "Name", "RestartCount", "Driver", "Platform", "ExecIDs"],
  ...["ResolvConfPath", "HostnamePath", "HostsPath", "LogPath", "MountLabel", "ProcessLabel", "AppArmorProfile"],
  ...["GraphDriver", "Storage", "ImageManifestDescriptor"],
  // These are carried over by rules of their own.
  ...["HostConfig", "Config", "Mounts", "NetworkSettings", "MacAddress", "Hostname", "KernelMemory"],
  // The image's, or left out when they are empty.
  ...["OnBuild", "User", "WorkingDir", "StopSignal", "StopTimeout", "Shell", "Healthcheck"],
];

const SHORT: Readonly<Record<string, string>> = { "-e": "env" };

/** The options that a row uses, without their dashes. */
const optionsOf = ({ args }: RunCase) =>
  args.flatMap((argument) => /^--([a-z0-9-]+)/.exec(argument)?.[1] ?? SHORT[argument] ?? []);

describe("what both engines show of a container before and after its update", async () => {
  const { newDockerCli } = await setUpBinaries({ log: () => undefined, environment: process.env });
  const worlds = engines.map((engine) => {
    const docker = engine.key === "new" ? newDockerCli : engine.docker.facts.docker;
    return new CarryingWorld({ ...engine, docker: new Docker({ ...engine.docker.facts, docker }) });
  });

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterAll(() => each(worlds, (world) => world.tearDown()));
  afterEach(() => each(worlds, (world) => world.reset()));

  onBoth(worlds, "is tried with every option of `docker run`, but for a list with reasons", async (world) => {
    const used = new Set(world.rows.flatMap(optionsOf));
    const reasons = NOT_IN_MATRIX.filter(({ only }) => only === undefined || only === world.key);
    const excused = reasons.flatMap(({ options }) => options);
    expect([...used].filter((option) => excused.includes(option))).toEqual([]);
    const options = await world.options();
    expect(options.length).toBeGreaterThan(90);
    expect(options.filter((option) => !used.has(option) && !excused.includes(option))).toEqual([]);
    for (const { options: refused, refused: by } of reasons) {
      for (const option of by === undefined ? [] : refused) {
        const command = ["create", `--${option}`, by?.value ?? "", world.image().name];
        await expect(world.docker.cli(command)).rejects.toThrow(by?.answer);
      }
    }
  });

  onBoth(worlds, "shows only settings that are carried over, or known not to be a user's", async (world) => {
    const source = ContainerDetails.parse(await world.inspect("source"));
    const { apiVersion } = world;
    const context = { oldImage: undefined, image: "any", engine: {}, newIds: new Map(), containers: new Set<string>() };
    const recreated = recreate(source, { ...context, apiVersion });
    if (!recreated.ok) throw new Error(recreated.failure.message);
    const { HostConfig, ...config } = recreated.value.body;
    const missing = (from: object, kept: unknown) =>
      Object.keys(from).filter((key) => !Object.hasOwn(asObject(kept), key) && !NOT_CARRIED.includes(key));
    expect(missing(source.HostConfig, HostConfig)).toEqual([]);
    expect(missing(source.Config, config)).toEqual([]);
    expect(missing(source, {})).toEqual([]);
    // A setting of a network that is not known has a warning of its own.
    expect(recreated.value.warnings).toEqual([expect.stringContaining("image is gone")]);
  });

  const titles = new Set(worlds.flatMap(({ rows }) => rows.map(({ name }) => name)));
  for (const title of titles) {
    const having = worlds.filter(({ rows }) => rows.some(({ name }) => name === title));
    onBoth(having, title, async (world) => {
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
