import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DockerHostStatusSchema } from "../api/status.ts";
import type { Logger } from "../common/logger.ts";
import type { StateStore, StoredHost } from "./file-resources.ts";

const Stored = z.object({
  spec: z.unknown(),
  generation: z.int().min(1),
  creationTimestamp: z.string(),
  status: DockerHostStatusSchema.optional(),
});

/** One JSON file per host, readable by its owner alone, replaced as a whole. */
export class StateFolder implements StateStore {
  readonly #folder: string;
  readonly #logger: Logger;
  /** The last write of each host: writes of one host follow one another. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Rejects when the folder cannot be made. */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** A file that is missing or damaged is as good as none: the host is looked at anew. */
  async load(key: string): Promise<StoredHost | undefined> {
    const path = this.#path(key);
    try {
      const parsed = Stored.safeParse(JSON.parse(await readFile(path, "utf8")));
      if (parsed.success) return parsed.data as StoredHost;
      this.#logger.warn("A state file does not fit and is ignored", { path });
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!missing) this.#logger.warn("A state file cannot be read and is ignored", { path, error });
    }
    return undefined;
  }

  save(key: string, host: StoredHost): Promise<void> {
    return this.#enqueue(key, async (path) => {
      const draft = `${path}.tmp`;
      await writeFile(draft, `${JSON.stringify(host)}\n`, { mode: 0o600 });
      await rename(draft, path);
    });
  }

  remove(key: string): Promise<void> {
    return this.#enqueue(key, (path) => rm(path, { force: true }));
  }

  #enqueue(key: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path(key);
    const next = (this.#writes.get(key) ?? Promise.resolve()).then(() => write(path));
    // A failed write is its caller's to tell of, and does not stand in the way of the next.
    this.#writes.set(
      key,
      next.then(
        () => undefined,
        () => undefined,
      ),
    );
    return next;
  }

  /** Namespace and name hold no slash and no underscore (readManifests checks), so that no two keys share a file. */
  #path(key: string): string {
    return join(this.#folder, `${key.replace("/", "_")}.json`);
  }
}
