import { dirname, join, resolve } from "node:path";
import { failure, type Result, success } from "../common/result.ts";
import { isRemote } from "./compose-extends.ts";
import type { ComposeFile, ComposeFiles, ComposeInclude } from "./compose-file.ts";
import { readEnvFile } from "./env-file.ts";
import type { Lookup } from "./interpolate.ts";

/** Limits the chain of `include`. No real file has a longer one. */
const MAX_DEPTH = 8;

/** Compose files that are merged into one: a file and those that override it. */
export interface ComposeProject {
  readonly files: readonly ComposeFile[];
  /** The base of relative paths. */
  readonly folder: string;
  /** Looks up the caller's variables first, then those of the project's `.env`. */
  readonly lookup: Lookup;
}

export interface ProjectReaders {
  readonly files: ComposeFiles;
  /** Resolves to undefined if the file does not exist. */
  readonly readIfThere: (path: string) => Promise<Result<string | undefined, string>>;
}

/** Loads the project of these files and all projects that it includes. A failure is a whole sentence. */
export async function loadProjects(
  paths: readonly string[],
  caller: Lookup,
  readers: ProjectReaders,
): Promise<Result<readonly ComposeProject[], string>> {
  const [first = ""] = paths;
  return await loadProject({ paths, folder: dirname(first), envFiles: undefined }, caller, readers, []);
}

interface Wanted {
  readonly paths: readonly string[];
  readonly folder: string;
  /** The default is `.env`, if it exists. */
  readonly envFiles: readonly string[] | undefined;
}

async function loadProject(
  wanted: Wanted,
  outer: Lookup,
  readers: ProjectReaders,
  chain: readonly string[],
): Promise<Result<readonly ComposeProject[], string>> {
  const { paths, folder } = wanted;
  const variables = await readVariables(wanted, outer, readers);
  if (!variables.ok) return variables;
  const lookup: Lookup = (name) => outer(name) ?? variables.value.get(name);
  const files: ComposeFile[] = [];
  for (const path of paths) {
    const file = await readers.files.load(path);
    if (!file.ok) return file;
    files.push(file.value);
  }
  const projects: ComposeProject[] = [{ files, folder, lookup }];
  for (const file of files) {
    for (const include of file.include) {
      const inner = includedBy(include, folder);
      const all = [...chain, ...paths];
      const where = `${file.path}: its include of ${JSON.stringify(inner.paths.join(", "))}`;
      if (inner.paths.some(isRemote)) return failure(`${where} cannot be followed: it is not a file on this machine`);
      if (inner.paths.some((path) => all.includes(path)))
        return failure(`${where} leads back to a file that is already included`);
      if (chain.length >= MAX_DEPTH)
        return failure(`${where} is part of a chain of more than ${MAX_DEPTH} files that include each other`);
      const included = await loadProject(inner, lookup, readers, all);
      if (!included.ok) return included;
      projects.push(...included.value);
    }
  }
  return success(projects);
}

function includedBy(include: ComposeInclude, folder: string): Wanted {
  const { path, project_directory, env_file } = typeof include === "string" ? { path: include } : include;
  const at = (text: string) => (isRemote(text) ? text : resolve(folder, text));
  const paths = [path].flat().map(at);
  return {
    paths,
    folder: project_directory === undefined ? dirname(paths[0] ?? folder) : resolve(folder, project_directory),
    envFiles: env_file === undefined ? undefined : [env_file].flat().map(at),
  };
}

async function readVariables(
  { folder, envFiles }: Wanted,
  outer: Lookup,
  { readIfThere }: ProjectReaders,
): Promise<Result<ReadonlyMap<string, string>, string>> {
  const variables = new Map<string, string>();
  for (const path of envFiles ?? [join(folder, ".env")]) {
    const text = await readIfThere(path);
    if (!text.ok) return text;
    if (text.value === undefined && envFiles !== undefined) return failure(`${path} cannot be read: it does not exist`);
    const read = readEnvFile(text.value ?? "", (name) => outer(name) ?? variables.get(name));
    if (!read.ok) return failure(`${path}: ${read.failure}`);
    for (const [name, value] of Object.entries(read.value)) variables.set(name, value);
  }
  return success(variables);
}
