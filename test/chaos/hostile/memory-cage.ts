import { access, mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How the kernel names these files: version 2 of control groups, and version 1. */
const HIERARCHIES = [
  { root: "/sys/fs/cgroup", limit: "memory.max", needs: "cgroup.subtree_control" },
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", needs: "memory.limit_in_bytes" },
] as const;

/**
 * A control group of the kernel in which a process is ended when it takes more memory than that, as in a container with a
 * limit. It needs root, and a host that lets us make one.
 */
export class MemoryCage {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where this machine does not let us make one. */
  static async make(bytes: number): Promise<MemoryCage | undefined> {
    for (const { root, limit, needs } of HIERARCHIES) {
      const path = join(root, `dockerhost-hostile-${process.pid}`);
      try {
        await access(join(root, needs));
        await mkdir(path);
        await writeFile(join(path, limit), String(bytes));
        if (Number(await readFile(join(path, limit), "utf8")) === bytes) return new MemoryCage(path);
      } catch {
        // The next hierarchy may do it.
      }
      await rmdir(path).catch(() => undefined);
    }
    return undefined;
  }

  /** What starts a program in it: a shell that moves itself there, and becomes the program. */
  get prefix(): readonly string[] {
    return ["/bin/sh", "-c", `echo $$ > ${join(this.#path, "cgroup.procs")} && exec "$@"`, "sh"];
  }

  /** Call it once the program has ended. */
  async remove(): Promise<void> {
    await rmdir(this.#path);
  }
}
