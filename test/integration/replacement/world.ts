import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import Dockerode from "dockerode";
import { expect, inject, it } from "vitest";
import { systemClock } from "../../../src/common/clock.ts";
import { openGuard } from "../../../src/common/dial-guard.ts";
import { success } from "../../../src/common/result.ts";
import { parseEndpoint } from "../../../src/docker/endpoint.ts";
import type { EngineTarget } from "../../../src/docker/engine-target.ts";
import { replyBudget } from "../../../src/docker/exchange.ts";
import { openAccess } from "../../../src/replacement/open-access.ts";
import { recover } from "../../../src/replacement/recover.ts";
import { replace } from "../../../src/replacement/replace.ts";
import type {
  EngineAccess,
  ReplacementPorts,
  ReplacementRequest,
  ReplacementResult,
  TransactionRecord,
} from "../../../src/replacement/request.ts";
import { run } from "../../env/binaries/run-command.ts";
import { Docker } from "../../env/docker.ts";

const { dockers, registry } = inject("environment");

/** For commands: the user's own logins stay out of it. */
export const registryFlags = ["--no-registry-config", "--registry-ca", registry.caFile];

/** Both daemons, each by the newest API that both know. */
export const engines = [
  { label: "Docker 20.10 with a graph driver", key: "old", docker: new Docker(dockers.old), apiVersion: "1.41" },
  { label: "Docker 29 with containerd's image store", key: "new", docker: new Docker(dockers.new), apiVersion: "1.56" },
] as const;

export type EngineKey = (typeof engines)[number]["key"];

/** As the command line that belongs to these tests asks both. */
const API_OF_TESTS = "v1.41";

/** Process 1 that ends immediately when it is asked to. */
const IDLE = 'trap "exit 0" TERM INT QUIT USR1; /bin/busybox sleep infinity & wait';
export const IDLE_COMMAND = `CMD ${JSON.stringify(["/bin/busybox", "sh", "-c", IDLE])}`;

/** An image that a registry has in two versions; the host has the first one only. */
export interface VersionedImage {
  /** The name that containers are created from. */
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** On this host. */
  readonly firstId: string;
}

/** A test on both daemons at the same time, because most of its time is spent waiting for them. */
export function onBoth<World extends ReplacementWorld>(
  worlds: readonly World[],
  name: string,
  test: (world: World) => Promise<void>,
): void {
  it(name, () => each(worlds, test));
}

/** Does the same on all daemons, and ends when all are done, whether or not one has failed. */
export async function each<World extends ReplacementWorld>(
  worlds: readonly World[],
  work: (world: World) => Promise<unknown>,
): Promise<void> {
  const ends = await Promise.allSettled(worlds.map(work));
  for (const [index, end] of ends.entries()) {
    if (end.status === "fulfilled") continue;
    if (end.reason instanceof Error) end.reason.message = `on ${worlds[index]?.label}: ${end.reason.message}`;
    throw end.reason;
  }
}

/** One daemon, with what a test of the engine needs around it. */
export class ReplacementWorld {
  readonly docker: Docker;
  readonly label: string;
  readonly apiVersion: string;
  readonly key: EngineKey;
  /** Faster than one process of the command line for each look. */
  readonly #api: Dockerode;

  constructor({ docker, label, apiVersion, key }: (typeof engines)[number]) {
    this.docker = docker;
    this.label = label;
    this.#api = new Dockerode({ socketPath: docker.facts.socket, version: API_OF_TESTS });
    this.apiVersion = apiVersion;
    this.key = key;
  }

  /** The name of the first version of an image. */
  nameOf(image: string): string {
    return `${registry.host}/replaced-${this.key}/${image}:1`;
  }

  /** Makes both versions of an image, which differ in what `first` and `second` add to `changes`. */
  async versions(
    name: string,
    changes: readonly string[],
    first: readonly string[] = [],
    second: readonly string[] = [],
  ): Promise<VersionedImage> {
    const repository = this.nameOf(name).slice(0, -":1".length);
    const made = async (tag: string, own: readonly string[]) => {
      const flags = [...changes, ...own].flatMap((change) => ["--change", change]);
      await this.docker.cli(["import", ...flags, await rootfs(this.docker, this.key), `${repository}:${tag}`]);
      return await this.docker.push(`${repository}:${tag}`);
    };
    const newer = await made("2", second);
    await this.docker.cli(["image", "rm", `${repository}:2`]);
    const older = await made("1", first);
    const firstId = await this.imageId(`${repository}:1`);
    return { name: `${repository}:1`, first: older, second: newer, firstId };
  }

  async run(
    name: string,
    args: readonly string[],
    image: string,
    command: readonly string[] = [],
    onlyCreated = false,
  ): Promise<string> {
    const start = onlyCreated ? ["create"] : ["run", "--detach"];
    return (await this.docker.cli([...start, "--pull=never", "--name", name, ...args, image, ...command])).trim();
  }

  async inspect(name: string, version = API_OF_TESTS): Promise<Inspected> {
    const api = new Dockerode({ socketPath: this.docker.facts.socket, version });
    const container: unknown = await api.getContainer(name).inspect();
    return container as Inspected;
  }

  /** `name status` of each container whose name begins so. */
  async containers(prefix: string): Promise<readonly string[]> {
    const listed = await this.#list(prefix);
    // Links give a container more names.
    const nameOf = (names: readonly string[]) => names.find((name) => name.lastIndexOf("/") === 0)?.slice(1);
    return listed.map(({ Names, State }) => `${nameOf(Names)} ${State}`).toSorted();
  }

  /** @param except the id of one that stays */
  async removeAll(prefix: string, except = ""): Promise<void> {
    const listed = (await this.#list(prefix)).filter(({ Id }) => Id !== except);
    await Promise.all(listed.map(({ Id }) => this.#api.getContainer(Id).remove({ force: true, v: true })));
  }

  #list(prefix: string) {
    return this.#api.listContainers({ all: true, filters: { name: [`^/${prefix}`] } });
  }

  /** The image that a name stands for. */
  async imageId(name: string): Promise<string> {
    return (await this.#api.getImage(name).inspect()).Id;
  }

  /** All containers and images. */
  async everything(): Promise<readonly string[]> {
    const images = await this.#api.listImages({ all: true });
    const containers = await this.#api.listContainers({ all: true });
    return [
      ...images.map(({ Id, RepoTags }) => `${Id} ${JSON.stringify(RepoTags)}`),
      ...containers.map(({ Id, Names, State }) => `${Id} ${JSON.stringify(Names)} ${State}`),
    ].toSorted();
  }

  /** A check that nothing has changed since: no container, no tag, no network and no volume. */
  async unchanged(): Promise<() => Promise<void>> {
    const before = await this.#snapshot();
    return async () => expect(await this.#snapshot()).toEqual(before);
  }

  async #snapshot() {
    const [containers, images, networks, { Volumes }] = await Promise.all([
      this.#api.listContainers({ all: true }),
      this.#api.listImages(),
      this.#api.listNetworks(),
      this.#api.listVolumes(),
    ]);
    const ids = networks.map(({ Id }) => Id).toSorted();
    return {
      // The daemon may still list a command that ran inside.
      containers: await Promise.all(
        containers.map(async ({ Id }) => ({ ...(await this.#api.getContainer(Id).inspect()), ExecIDs: null })),
      ),
      // An image that was pulled may stay, under no name or its digest.
      tags: images
        .flatMap(({ Id, RepoTags }) =>
          (RepoTags ?? []).filter((tag) => !/@|<none>/.test(tag)).map((tag) => `${tag} ${Id}`),
        )
        .toSorted(),
      networks: await Promise.all(ids.map((id) => this.#api.getNetwork(id).inspect())),
      volumes: Volumes.toSorted((a, b) => a.Name.localeCompare(b.Name)),
    };
  }

  /** Gives images their names back, as if nothing had been updated. */
  async restoreTags(images: Iterable<VersionedImage>): Promise<void> {
    for (const { name, firstId } of images) {
      const colon = name.lastIndexOf(":");
      await this.#api.getImage(firstId).tag({ repo: name.slice(0, colon), tag: name.slice(colon + 1) });
    }
  }

  target(socket = this.docker.facts.socket): EngineTarget {
    return { endpoint: { kind: "unix", path: socket }, guard: openGuard(), replies: replyBudget(systemClock) };
  }

  /** Over plain HTTP, as to a socket proxy. */
  targetOf(url: string): EngineTarget {
    const endpoint = parseEndpoint(url, false);
    if (!endpoint.ok) throw new Error(endpoint.failure.message);
    return { ...this.target(), endpoint: endpoint.value };
  }

  open(url: string): EngineAccess {
    return openAccess(this.targetOf(url), this.apiVersion, systemClock, new AbortController().signal);
  }

  ports(overrides: Partial<ReplacementPorts> & { readonly socket?: string } = {}): ReplacementPorts {
    const { socket, ...given } = overrides;
    const signal = given.signal ?? new AbortController().signal;
    return {
      open: () => openAccess(this.target(socket), this.apiVersion, systemClock, signal),
      engine: { name: "Docker", apiVersion: this.apiVersion, os: "linux", arch: "amd64", hostname: hostname() },
      writer: { owner: "tests", term: 1 },
      clock: systemClock,
      random: () => 0.5,
      mayChange: () => true,
      record: async () => success(undefined),
      signal,
      ...given,
    };
  }

  request(
    container: string,
    image: string,
    digest: string,
    overrides: Partial<ReplacementRequest> = {},
  ): ReplacementRequest {
    return {
      container,
      image,
      digest,
      health: { timeoutMs: 60_000, stableForMs: 0 },
      onFailure: "RollBack",
      removeOldImage: false,
      hooks: "Disabled",
      ...overrides,
    };
  }

  update(request: ReplacementRequest, ports = this.ports()): Promise<ReplacementResult> {
    return replace(request, ports);
  }

  async recover(ports = this.ports(), stored?: TransactionRecord) {
    const recovered = await recover(ports, stored);
    if (!recovered.ok) throw new Error(recovered.failure.message);
    return recovered.value;
  }
}

/** With a shell, which health checks and hooks of containers are run by. */
async function rootfs({ facts }: Docker, key: string): Promise<string> {
  const folder = join(facts.dockerd.runFolder, `rootfs-with-shell-${key}`);
  const archive = `${folder}.tar`;
  if (existsSync(archive)) return archive;
  await mkdir(join(folder, "bin"), { recursive: true });
  await run("tar", ["-xf", facts.rootfs, "-C", folder]);
  await symlink("busybox", join(folder, "bin/sh"));
  await run("tar", ["-cf", archive, "-C", folder, "bin"]);
  return archive;
}

export interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  } & Readonly<Record<string, unknown>>;
  readonly State: { readonly Status: string };
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } } & Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}
