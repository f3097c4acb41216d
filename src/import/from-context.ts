import { UsageError } from "../common/usage-error.ts";
import { MAX_ARCHIVE_BYTES, readContextArchive } from "./context-archive.ts";
import { type ContextOptions, hostFromContext, parseContext } from "./context-metadata.ts";
import { ContextStore } from "./context-store.ts";
import { readDockerVariables } from "./docker-variables.ts";
import { hostFromEnvironment } from "./from-env.ts";
import type { ImportedHost } from "./imported-host.ts";
import { readInputBytes, readNamedFile } from "./read-files.ts";
import { sentHeaderWarnings } from "./sent-headers.ts";
import type { SourceContext } from "./source-context.ts";

export interface FromContextFlags {
  readonly file?: string;
  readonly all?: boolean;
}

export interface ImportedHosts {
  readonly hosts: readonly ImportedHost[];
  /** Messages about hosts that could not be imported. The others are still imported. */
  readonly problems: readonly string[];
  /** Messages about what was left out because it cannot be imported. */
  readonly skipped?: readonly string[];
}

/** Reads the hosts of contexts: one by name, one from an export, or all. Throws a UsageError. */
export async function hostsFromContexts(
  name: string | undefined,
  { file, all = false }: FromContextFlags,
  context: SourceContext,
): Promise<ImportedHosts> {
  const given = [name, file, all || undefined].filter((each) => each !== undefined).length;
  if (given !== 1) throw new UsageError("Give exactly one of the context's NAME, --file FILE and --all");
  const { options, docker, signal } = context;
  if (file !== undefined) {
    const archive =
      file === "-"
        ? await readInputBytes(context.stdin, MAX_ARCHIVE_BYTES, signal)
        : await readNamedFile(file, MAX_ARCHIVE_BYTES, signal);
    const stored = readContextArchive(archive, file === "-" ? "standard input" : file);
    return { hosts: [hostFromContext(stored, options)], problems: [] };
  }
  // The default context has no file: it consists of the variables.
  if (name === "default") {
    return { hosts: [await hostFromEnvironment(docker, { ...options, signal })], problems: [] };
  }
  const folder = readDockerVariables(docker).configFolder;
  const store = new ContextStore(folder);
  const lost = await sentHeaderWarnings(folder, signal);
  const withLost = (host: ImportedHost): ImportedHost => ({ ...host, warnings: [...host.warnings, ...lost] });
  if (name !== undefined) {
    return { hosts: [withLost(hostFromContext(await store.get(name, signal), options))], problems: [] };
  }
  const every = await everyContext(store, signal, options);
  return { ...every, hosts: every.hosts.map(withLost) };
}

async function everyContext(store: ContextStore, signal: AbortSignal, options: ContextOptions): Promise<ImportedHosts> {
  const hosts: ImportedHost[] = [];
  const problems: string[] = [];
  const skipped: string[] = [];
  for (const { stored, name } of await store.all(signal)) {
    try {
      const { docker } = parseContext(stored);
      if (docker === undefined || /^(npipe|fd):/i.test(docker.Host ?? "")) {
        skipped.push(`context "${name}" is left out: it has no Docker endpoint that other machines can reach.`);
        continue;
      }
      hosts.push(hostFromContext(stored, options));
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
