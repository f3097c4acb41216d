import { spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../env/binaries/run-command.ts";
import type { Docker } from "../../env/docker.ts";
import { SecondDocker } from "./second-docker.ts";

/** Its containers and images are on a small file system of their own. */
export class SmallDocker extends SecondDocker {
  static async startOn(docker: Docker, key: string, megabytes: number): Promise<SmallDocker> {
    const small = new SmallDocker(SecondDocker.factsOf(docker, `small-${key}`, "disk"));
    await mkdir(small.#disk, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", small.#disk]);
    await small.begin();
    return small;
  }

  /** Leaves no space. */
  async fill(): Promise<void> {
    spawnSync("dd", ["if=/dev/zero", `of=${this.#file}`, "bs=4k"], { stdio: "ignore" });
  }

  async empty(): Promise<void> {
    await run("rm", ["-f", this.#file]);
  }

  override async end(): Promise<void> {
    await super.end();
    await run("umount", ["--lazy", this.#disk]);
  }

  get #disk(): string {
    return join(dirname(this.facts.socket), "disk");
  }

  get #file(): string {
    return join(this.#disk, "filler");
  }
}
