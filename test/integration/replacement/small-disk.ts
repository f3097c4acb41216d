import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../env/binaries/run-command.ts";
import { containerdServer, Docker, type DockerFacts } from "../../env/docker.ts";

/** What must differ between two daemons on one machine, and what only a network needs. */
const OWN_FLAGS = /^--(data-root|exec-root|pidfile|host|tls\w*|containerd)(=|$)/;

/** A second daemon of the same version, whose containers and images are on a small file system of their own. */
export class SmallDocker extends Docker {
  readonly #disk: string;

  private constructor(facts: DockerFacts, disk: string) {
    super(facts);
    this.#disk = disk;
  }

  static async startOn({ facts }: Docker, key: string, megabytes: number): Promise<SmallDocker> {
    const folder = join(facts.dockerd.runFolder, `small-${key}`);
    const path = (...parts: string[]) => join(folder, ...parts);
    await mkdir(path("disk"), { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path("disk")]);
    const containerdSocket = path("containerd.sock");
    const own = facts.containerd.args.filter((flag) => !/^--(root|state|address)=/.test(flag));
    const containerd = {
      ...facts.containerd,
      name: `containerd-small-${key}`,
      args: [
        ...own,
        `--root=${path("disk/containerd")}`,
        `--state=${path("containerd-state")}`,
        `--address=${containerdSocket}`,
      ],
    };
    const dockerd = {
      ...facts.dockerd,
      name: `dockerd-small-${key}`,
      args: [
        ...facts.dockerd.args.filter((flag) => !OWN_FLAGS.test(flag)),
        `--data-root=${path("disk/data")}`,
        `--exec-root=${path("exec")}`,
        `--pidfile=${path("dockerd.pid")}`,
        `--host=unix://${path("docker.sock")}`,
        `--containerd=${containerdSocket}`,
      ],
    };
    const small = { ...facts, containerd, dockerd, containerdSocket, socket: path("docker.sock") };
    const docker = new SmallDocker(small, path("disk"));
    await containerdServer(small).start();
    await docker.start();
    return docker;
  }

  /** Leaves no space. */
  async fill(): Promise<void> {
    spawnSync("dd", ["if=/dev/zero", `of=${this.#file}`, "bs=4k"], { stdio: "ignore" });
  }

  async empty(): Promise<void> {
    await run("rm", ["-f", this.#file]);
  }

  async end(): Promise<void> {
    await this.stop();
    await containerdServer(this.facts).stop();
    await run("umount", ["--lazy", this.#disk]);
  }

  get #file(): string {
    return join(this.#disk, "filler");
  }
}
