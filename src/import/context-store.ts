import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../common/usage-error.ts";
import { parseContext, type StoredContext } from "./context-metadata.ts";
import { readPemFolder } from "./pem-folder.ts";
import { describeReadError, isFolder, readFileIfThere } from "./read-files.ts";

const MAX_METADATA_BYTES = 1024 * 1024;
/** Limits the contexts that --all reads. No real store has more. */
const MAX_CONTEXTS = 1_000;

export interface NamedContext {
  readonly name: string;
  readonly stored: StoredContext;
}

/** The contexts in a configuration folder of Docker's client. */
export class ContextStore {
  readonly folder: string;

  constructor(configFolder: string) {
    this.folder = join(configFolder, "contexts");
  }

  /** Reads a context by name. Throws a UsageError that lists the existing names if there is none. */
  async get(name: string, signal: AbortSignal): Promise<StoredContext> {
    const id = createHash("sha256").update(name).digest("hex");
    const stored = await this.#read(id, signal);
    if (stored !== undefined) return stored;
    const names = (await this.all(signal)).map(({ name: each }) => each);
    const known = names.length === 0 ? "there are no contexts" : `the contexts are ${names.slice(0, 50).join(", ")}`;
    throw new UsageError(`There is no context "${name}" in ${this.folder}; ${known}`);
  }

  /** Reads all contexts, sorted by name. */
  async all(signal: AbortSignal): Promise<readonly NamedContext[]> {
    const folder = join(this.folder, "meta");
    if (!(await isFolder(folder))) return [];
    const ids = await readdir(folder).catch((error: unknown) => {
      throw new UsageError(`${folder} cannot be read: ${describeReadError(error)}`);
    });
    if (ids.length > MAX_CONTEXTS) throw new UsageError(`${folder} contains more than ${MAX_CONTEXTS} contexts`);
    const contexts: NamedContext[] = [];
    for (const id of ids.filter((each) => /^[0-9a-f]{64}$/.test(each))) {
      const stored = await this.#read(id, signal);
      if (stored !== undefined) contexts.push({ stored, name: nameOf(stored) });
    }
    return contexts.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #read(id: string, signal: AbortSignal): Promise<StoredContext | undefined> {
    const file = join(this.folder, "meta", id, "meta.json");
    const metadata = await readFileIfThere(file, MAX_METADATA_BYTES, signal);
    if (metadata === undefined) return undefined;
    const tls = await readPemFolder(join(this.folder, "tls", id, "docker"), signal);
    return { metadata: metadata.toString("utf8"), tls, label: file };
  }
}

/** Falls back to the label, because an unreadable context must not hide the others. */
function nameOf(stored: StoredContext): string {
  try {
    return parseContext(stored).name;
  } catch {
    return stored.label;
  }
}
