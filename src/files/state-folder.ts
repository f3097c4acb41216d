import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { DOCKER_HOST } from "../api/docker-host.ts";
import type { Kind } from "../api/kind.ts";
import type { Logger } from "../common/logger.ts";
import type { StateStore, StoredObject } from "./file-objects.ts";

/** Names of files that were being written when a process ended. */
const DRAFT = /^\.[0-9a-f-]{36}\.tmp$|_.*\.json\.tmp$/;
/** Far more than any status needs. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A file name has at most 255 bytes, including the extension. */
const MAX_NAME = 240;
const HASH_LENGTH = 32;

/** Keeps one JSON file per object of a kind, which only its owner can read and which is replaced as a whole. */
export class StateFolder implements StateStore {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #kind: Kind;
  readonly #stored: z.ZodType;
  /** The last write of each object, after which the next one starts. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(folder: string, logger: Logger, kind: Kind = DOCKER_HOST) {
    this.#kind = kind;
    this.#stored = z.object({
      spec: z.unknown(),
      generation: z.int().min(1),
      creationTimestamp: z.string(),
      status: kind.status.optional(),
    });

    this.#folder = folder;
    this.#logger = logger;
  }

  /**
   * Rejects if the folder cannot be created, or if other users could put files there: they could fake the known state
   * of a host, and choose which files are overwritten.
   */
  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const own = [process.getuid?.() ?? 0, 0];
    const [link, folder] = [await lstat(this.#folder), await stat(this.#folder)];
    if (!folder.isDirectory()) throw new Error("it is not a folder");
    if (process.getuid !== undefined && !(own.includes(link.uid) && own.includes(folder.uid))) {
      throw new Error("it belongs to another user; use a folder of your own, or change its owner");
    }
    if ((folder.mode & constants.S_IWOTH) !== 0) {
      throw new Error("all users may write to it; remove that permission with chmod o-w");
    }
    // Remove drafts that a crash left behind; nothing reads them.
    const drafts = (await readdir(this.#folder)).filter((name) => DRAFT.test(name));
    for (const name of drafts) await rm(join(this.#folder, name), { force: true });
  }

  /** Returns undefined for a missing or damaged file, so that the object is processed again. */
  async load(key: string): Promise<StoredObject | undefined> {
    const path = this.#path(key);
    try {
      const parsed = this.#stored.safeParse(JSON.parse(await readState(path)));
      if (parsed.success) return parsed.data as StoredObject;
      this.#logger.warn("A state file is invalid and is ignored", { path });
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!missing) this.#logger.warn("A state file cannot be read and is ignored", { path, error });
    }
    return undefined;
  }

  save(key: string, object: StoredObject): Promise<void> {
    return this.#enqueue(key, async (path) => {
      const draft = join(this.#folder, `.${randomUUID()}.tmp`);
      try {
        await writeNew(draft, `${JSON.stringify(object)}\n`);
        await rename(draft, path);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    });
  }

  remove(key: string): Promise<void> {
    return this.#enqueue(key, (path) => rm(path, { force: true }));
  }

  #enqueue(key: string, write: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path(key);
    const next = (this.#writes.get(key) ?? Promise.resolve()).then(() => write(path));
    // The caller reports a failed write; the next write must still run.
    this.#writes.set(
      key,
      next.then(
        () => undefined,
        () => undefined,
      ),
    );
    return next;
  }

  #path(key: string): string {
    return join(this.#folder, `${fileName(this.#kind, key)}.json`);
  }
}

/**
 * Namespaces and names contain no slash, underscore or tilde (readManifests checks this), so no two objects share
 * a file. The files of DockerHosts, which were the only kind once, do not name it. A name that is too long for a file is
 * cut, and its hash is appended.
 */
function fileName({ kind }: Kind, key: string): string {
  const name = `${kind === DOCKER_HOST.kind ? "" : `${kind}~`}${key.replace("/", "_")}`;
  if (name.length <= MAX_NAME) return name;
  return `${name.slice(0, MAX_NAME - HASH_LENGTH)}~${createHash("sha256").update(key).digest("hex").slice(0, HASH_LENGTH)}`;
}

/** Never writes to an existing file or through a link. */
async function writeNew(path: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await file.writeFile(text);
}

/** Never reads through a link, and does not wait for the writer of a pipe. */
async function readState(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file: FileHandle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const found = await file.stat();
  if (!found.isFile() || found.size > MAX_BYTES) throw new Error("it is not a regular file, or it is too large");
  return await file.readFile("utf8");
}
