import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { run } from "./binaries/run-command.ts";
import type { DebianPrograms } from "./binaries.ts";
import type { ContainerOptions } from "./docker.ts";
import { answersOk } from "./processes/probe.ts";
import { Server } from "./processes/server.ts";

export interface PodmanOptions {
  readonly programs: DebianPrograms;
  /** Of the run: what is started there ends with it. */
  readonly runFolder: string;
  /** Path of a tar archive with the contents of images. */
  readonly rootfs: string;
  /** That it trusts. */
  readonly registry: { readonly host: string; readonly caFile: string };
}

/** A real Podman, whose service speaks Docker's API on a socket. Its containers are not the service's children. */
export class Podman {
  /** Path of the service's socket. */
  readonly socket: string;
  readonly #options: PodmanOptions;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #service: Server;

  private constructor(options: PodmanOptions, folder: string) {
    const { programs, runFolder } = options;
    this.socket = join(folder, "podman.sock");
    this.#options = options;
    this.#environment = environmentOf(programs, folder);
    this.#service = new Server(
      {
        name: basename(folder),
        runFolder,
        program: programs.podman,
        args: ["system", "service", "--time=0", `unix://${this.socket}`],
        environment: this.#environment,
        graceMs: 5_000,
      },
      () => answersOk("http://podman/_ping", { socketPath: this.socket }),
    );
  }

  static async start(options: PodmanOptions): Promise<Podman> {
    const folder = await mkdtemp(join(options.runFolder, "podman-"));
    await configure(folder, options);
    const podman = new Podman(options, folder);
    await podman.#service.start();
    return podman;
  }

  /** Stops the service and its containers. */
  async stop(): Promise<void> {
    await this.cli(["rm", "--force", "--all", "--time=0"]);
    await this.#service.stop();
  }

  /** Runs Podman's command line on the same images and containers; throws CommandFailed with its words when it fails. */
  cli(args: readonly string[]): Promise<string> {
    return run(this.#options.programs.podman, args, { env: this.#environment });
  }

  /** Makes an image whose containers idle; another one for each label. */
  async importImage(reference: string, label: string): Promise<void> {
    const changes = ['CMD ["/bin/busybox", "sleep", "infinity"]', `LABEL build=${label}`];
    const flags = changes.flatMap((change) => ["--change", change]);
    await this.cli(["import", "--quiet", ...flags, this.#options.rootfs, reference]);
  }

  async push(reference: string): Promise<void> {
    await this.cli(["push", "--quiet", reference]);
  }

  async pull(reference: string): Promise<void> {
    await this.cli(["pull", "--quiet", reference]);
  }

  async removeImage(reference: string): Promise<void> {
    await this.cli(["rmi", reference]);
  }

  async runContainer({ name, image }: Pick<ContainerOptions, "name" | "image">): Promise<void> {
    // What is left when it is killed can be found by this name.
    const cgroup = `--cgroup-parent=/${basename(this.#options.runFolder)}`;
    await this.cli(["run", "--detach", "--pull=never", "--network=none", cgroup, "--name", name, image]);
  }
}

function environmentOf({ environment }: DebianPrograms, folder: string): Readonly<Record<string, string>> {
  return {
    ...environment,
    // Where it looks for its policy and the registries' authorities.
    HOME: folder,
    TMPDIR: folder,
    XDG_RUNTIME_DIR: folder,
    CONTAINERS_CONF: join(folder, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
  };
}

/** The machine's own settings and folders stay out of it. */
async function configure(folder: string, { programs, registry }: PodmanOptions): Promise<void> {
  const path = (...parts: string[]) => join(folder, ...parts);
  const certificates = path(".config/containers/certs.d", registry.host);
  await mkdir(certificates, { recursive: true });
  await copyFile(registry.caFile, join(certificates, "ca.crt"));
  await copyFile(join(programs.root, "etc/containers/policy.json"), path(".config/containers/policy.json"));
  await writeFile(path("registries.conf"), "unqualified-search-registries = []\n");
  const storage = { driver: "vfs", runroot: path("run"), graphroot: path("storage") };
  await writeFile(path("storage.conf"), toml({ storage }));
  const bin = join(programs.root, "usr");
  const conmon = await writeWrapper(path("conmon"), join(bin, "bin/conmon"), programs);
  // Not crun, which refuses to run where both versions of control groups are mounted.
  const runc = await writeWrapper(path("runc"), `${join(bin, "sbin/runc")} --root ${path("runc-state")}`, programs);
  await writeFile(
    path("containers.conf"),
    toml({
      containers: {
        netns: "none",
        seccomp_profile: "unconfined",
        log_driver: "k8s-file",
        // Its own are more than a machine may allow.
        default_ulimits: ["nofile=1024:1024", "nproc=1024:1024"],
      },
      engine: {
        cgroup_manager: "cgroupfs",
        events_logger: "file",
        // The other kind is one for the whole machine.
        lock_type: "file",
        conmon_path: [conmon],
        runtime: "runc",
        tmp_dir: path("tmp"),
        static_dir: path("static"),
        volume_path: path("volumes"),
      },
      "engine.runtimes": { runc: [runc] },
      network: { network_config_dir: path("networks") },
    }),
  );
}

/** Podman starts them without the variable that contains the path of their libraries. */
async function writeWrapper(path: string, command: string, { environment }: DebianPrograms): Promise<string> {
  const libraries = environment.LD_LIBRARY_PATH ?? "";
  await writeFile(path, `#!/bin/sh\nLD_LIBRARY_PATH=${libraries} exec ${command} "$@"\n`, { mode: 0o755 });
  return path;
}

/** Strings and lists of strings are written as in JSON. */
function toml(tables: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>): string {
  return Object.entries(tables)
    .map(([name, entries]) => {
      const lines = Object.entries(entries).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
      return `[${name}]\n${lines.join("")}`;
    })
    .join("");
}
