import { UsageError } from "../common/usage-error.ts";
import { MAX_ARCHIVE_BYTES, readContextArchive } from "./context-archive.ts";
import { type ContextOptions, draftFromContext, parseContext } from "./context-metadata.ts";
import { ContextStore } from "./context-store.ts";
import { readDockerVariables } from "./docker-variables.ts";
import { draftFromEnvironment } from "./from-env.ts";
import type { HostDraft } from "./imported-host.ts";
import { readInputBytes, readNamedFile } from "./read-files.ts";
import { sentHeaderWarnings } from "./sent-headers.ts";
import type { SourceContext } from "./source-context.ts";

export interface FromContextFlags {
  readonly file?: string;
  readonly all?: boolean;
}

export interface Drafts {
  readonly hosts: readonly HostDraft[];
  /** Messages about hosts that could not be imported. The others are still imported. */
  readonly problems: readonly string[];
  /** Messages about what was left out because it cannot be imported. */
  readonly skipped?: readonly string[];
}

/** Reads the hosts of contexts: one by name, one from an export, or all. Throws a UsageError. */
export async function draftsFromContexts(
  name: string | undefined,
  { file, all = false }: FromContextFlags,
  context: SourceContext,
): Promise<Drafts> {
  const given = [name, file, all || undefined].filter((each) => each !== undefined).length;
  if (given !== 1) throw new UsageError("Give exactly one of the context's NAME, --file FILE and --all");
  const { options, docker, signal } = context;
  if (file !== undefined) {
    const archive =
      file === "-"
        ? await readInputBytes(context.stdin, MAX_ARCHIVE_BYTES, signal)
        : await readNamedFile(file, MAX_ARCHIVE_BYTES, signal);
    const stored = readContextArchive(archive, file === "-" ? "standard input" : file);
    return { hosts: [draftFromContext(stored, options)], problems: [] };
  }
  // The default context has no file: it consists of the variables.
  if (name === "default") {
    return { hosts: [await draftFromEnvironment(docker, { ...options, signal })], problems: [] };
  }
  const folder = readDockerVariables(docker).configFolder;
  const store = new ContextStore(folder);
  const lost = await sentHeaderWarnings(folder, signal);
  const withLost = (host: HostDraft): HostDraft => ({ ...host, warnings: [...host.warnings, ...lost] });
  if (name !== undefined) {
    return { hosts: [withLost(draftFromContext(await store.get(name, signal), options))], problems: [] };
  }
  const every = await everyContext(store, signal, options);
  return { ...every, hosts: every.hosts.map(withLost) };
}

async function everyContext(store: ContextStore, signal: AbortSignal, options: ContextOptions): Promise<Drafts> {
  const hosts: HostDraft[] = [];
  const problems: string[] = [];
  const skipped: string[] = [];
  for (const { stored, name } of await store.all(signal)) {
    try {
      const { docker } = parseContext(stored);
      if (docker === undefined || /^(npipe|fd):/i.test(docker.Host ?? "")) {
        skipped.push(`context "${name}" is left out: it has no Docker endpoint that other machines can reach.`);
        continue;
      }
      hosts.push(draftFromContext(stored, options));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
    }
  }
  if (hosts.length === 0 && problems.length === 0) {
    throw new UsageError(`${store.folder} contains no context that can be imported`);
  }
  return { hosts, problems, skipped };
}
