import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../env/binaries/run-command.ts";
import type { Docker } from "../../env/docker.ts";
import { isErrno } from "../../env/processes/process-record.ts";
import { SecondDocker } from "./second-docker.ts";

const REFILL_MS = 20;

/** Its containers and images are on a small file system of their own. */
export class SmallDocker extends SecondDocker {
  static async startOn(docker: Docker, key: string, megabytes: number): Promise<SmallDocker> {
    const small = new SmallDocker(SecondDocker.factsOf(docker, `small-${key}`, "disk"));
    await mkdir(small.#disk, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", small.#disk]);
    await small.begin();
    return small;
  }

  /**
   * Leaves no space, not even what the engine frees in the background. There is space again once the result is disposed
   * of.
   */
  async fill(): Promise<AsyncDisposable> {
    const stop = new AbortController();
    await appendAll(this.#file);
    const filling = (async () => {
      while (!stop.signal.aborted) {
        await sleep(REFILL_MS);
        await appendAll(this.#file);
      }
    })();
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await filling;
        await rm(this.#file);
      },
    };
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

/** Appends to a file until nothing more fits. */
async function appendAll(path: string): Promise<void> {
  const zeros = Buffer.alloc(64 * 1024);
  await using file = await open(path, "a");
  try {
    for (;;) await file.write(zeros);
  } catch (error) {
    if (!isErrno(error, "ENOSPC")) throw error;
  }
}
