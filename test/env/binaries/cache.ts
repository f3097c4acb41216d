import { mkdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { withLock } from "./lock.ts";

/** Where binaries are kept between runs, and between checkouts. */
export function cacheRoot(environment: NodeJS.ProcessEnv): string {
  const base = environment.XDG_CACHE_HOME;
  // The XDG specification: a relative path is to be ignored.
  const usable = base !== undefined && isAbsolute(base);
  return join(usable ? base : join(homedir(), ".cache"), "dockerhost-operator");
}

/** Folders that are complete or not there at all. */
export class Cache {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folder(key: string): string {
    return join(this.root, key);
  }

  async has(key: string): Promise<boolean> {
    const found = await stat(this.folder(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    return found !== undefined;
  }

  /**
   * The folder of `key`. If it is missing, `make` fills it, in a folder next to it. Of several processes, one fills it
   * and the others wait; they call `onWait`.
   */
  async fill(key: string, onWait: () => void, make: (folder: string) => Promise<void>): Promise<string> {
    const folder = this.folder(key);
    await withLock(folder, onWait, async () => {
      if (await this.has(key)) return;
      const partial = `${folder}.partial`;
      // Of a fill that was killed; nobody else can be at it now.
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await make(partial);
      await rename(partial, folder);
    });
    return folder;
  }
}
