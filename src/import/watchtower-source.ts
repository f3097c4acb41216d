import { resolve } from "node:path";
import { failure, type Result, success } from "../common/result.ts";
import { UsageError } from "../common/usage-error.ts";
import { ComposeFiles } from "./compose-file.ts";
import { neighboursOf } from "./compose-neighbours.ts";
import { overridesBeside } from "./compose-override.ts";
import { type EnvFile, splitAssignment } from "./compose-part.ts";
import { loadProjects } from "./compose-project.ts";
import { type ComposeService, findService, isWatchtowerImage } from "./compose-service.ts";
import { isDockerRun, parseDockerRun } from "./docker-run.ts";
import { readEnvFile, readRawEnvFile } from "./env-file.ts";
import type { Lookup } from "./interpolate.ts";
import { type Mount, sourceOf } from "./mounts.ts";
import { isFile, isFolder, readFileIfThere, readNamedFile } from "./read-files.ts";
import type { SourceContext } from "./source-context.ts";

const MAX_BYTES = 1024 * 1024;

/** How Watchtower is started. */
export interface WatchtowerSource {
  readonly source: string;
  /** The arguments that follow the image. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly mounts: readonly Mount[];
  readonly warnings: readonly string[];
  /** Whether paths are those of a container, in which only mounted files exist. */
  readonly inContainer: boolean;
  /** The meaning of names that are valid only where Watchtower runs. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** The variables that its settings use, with their values. */
  readonly filledIn: ReadonlyMap<string, string>;
}

/** Reads Watchtower's service from these Compose files. Throws a UsageError. */
export async function sourceFromCompose(
  given: readonly string[],
  service: string | undefined,
  { env, docker, signal }: SourceContext,
): Promise<WatchtowerSource> {
  const warnings: string[] = [];
  const named = given.map((path) => resolve(path));
  for (const [index, path] of named.entries()) await refuseWhatIsNoFile(given[index] ?? "", path);
  const overrides = named.length === 1 ? await overridesBeside(named[0] ?? "") : [];
  for (const path of overrides) warnings.push(`${path} is also read, as docker compose does.`);
  const caller: Lookup = (name) => ownOf(docker, name) ?? ownOf(env, name);
  const filledIn = new Map<string, string>();
  const unset = new Set<string>();
  const watched =
    (lookup: Lookup): Lookup =>
    (name, foreseen) => {
      const value = lookup(name);
      if (value !== undefined) filledIn.set(name, value);
      else if (foreseen !== true) unset.add(name);
      return value;
    };
  const text = async (path: string) => (await readNamedFile(path, MAX_BYTES, signal)).toString("utf8");
  const files = new ComposeFiles(async (path) => success(await text(path)));
  const projects = orThrow(
    await loadProjects([...named, ...overrides], caller, {
      files,
      readIfThere: async (path) => success((await readFileIfThere(path, MAX_BYTES, signal))?.toString("utf8")),
    }),
  );
  const { name, project } = orThrow(await findService(projects, service, files, (each) => each.lookup));
  // Record the variables only now, so that those of other services are not included.
  const found = orThrow(await findService([project], name, files, (each) => watched(each.lookup)));
  const variables = orThrow(await environmentOf(found, watched(project.lookup), signal));
  return {
    source: `service ${JSON.stringify(found.name)} of ${given.join(" and ")}`,
    args: found.args,
    mounts: found.mounts,
    env: variables,
    warnings: [...warnings, ...unsetWarnings(unset)],
    inContainer: true,
    neighbours: neighboursOf(projects, found),
    filledIn,
  };
}

async function environmentOf(
  { part, project }: ComposeService,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<Result<Record<string, string | undefined>, string>> {
  const env: Record<string, string | undefined> = {};
  // The files of the service can use its own variables.
  const inner: Lookup = (name) => project.lookup(name) ?? ownOf(part.environment, name) ?? ownOf(env, name);
  const watchedInner: Lookup = (name) => (project.lookup(name) === undefined ? inner(name) : lookup(name));
  for (const file of part.envFiles) {
    const read = await readVariables(file, watchedInner, signal);
    if (!read.ok) return read;
    Object.assign(env, read.value);
  }
  for (const [name, value] of Object.entries(part.environment)) env[name] = value ?? project.lookup(name);
  return success(env);
}

async function readVariables(
  { path, required, raw }: EnvFile,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<Result<Record<string, string | undefined>, string>> {
  const bytes = required
    ? await readNamedFile(path, MAX_BYTES, signal)
    : await readFileIfThere(path, MAX_BYTES, signal);
  const text = bytes?.toString("utf8") ?? "";
  if (raw) return success(withOwn(readRawEnvFile(text), lookup));
  const read = readEnvFile(text, lookup);
  return read.ok ? read : failure(`${path}: ${read.failure}`);
}

/** Reads Watchtower's own command line, or that of docker run. Throws a UsageError. */
export async function sourceFromCommand(
  words: readonly string[],
  { env: variables, docker, signal }: SourceContext,
): Promise<WatchtowerSource> {
  const own = { ...variables, ...docker };
  const common = { source: "the command line", neighbours: new Map(), filledIn: new Map() };
  if (!isDockerRun(words)) {
    await refuseComposeFile(words);
    // As a program on this machine, Watchtower reads the variables and files of the machine.
    const args = /(^|\/)watchtower$/.test(words[0] ?? "") ? words.slice(1) : words;
    return { ...common, args, env: own, mounts: [], warnings: [], inContainer: false };
  }
  const run = parseDockerRun(words);
  if (!run.ok) throw new UsageError(`The command line ${run.failure}`);
  const env: Record<string, string | undefined> = {};
  for (const path of run.value.envFiles) {
    const text = (await readNamedFile(path, MAX_BYTES, signal)).toString("utf8");
    Object.assign(
      env,
      withOwn(readRawEnvFile(text), (name) => ownOf(own, name)),
    );
  }
  for (const [name, value] of run.value.env.map(splitAssignment)) env[name] = value ?? ownOf(own, name);
  const warnings = isWatchtowerImage(run.value.image)
    ? []
    : [`${run.value.image} is assumed to be a Watchtower image, and the words after it to be Watchtower's flags.`];
  const folder = process.cwd();
  const mounts = run.value.mounts.map(({ source, target }): Mount => ({ target, source: sourceOf(source, folder) }));
  return { ...common, args: run.value.args, env, mounts, warnings, inContainer: true };
}

/** Refuses a Compose file in place of names of containers, which would result in a host that checks no containers. */
async function refuseComposeFile(words: readonly string[]): Promise<void> {
  for (const word of words) {
    const named = /(^|\/)[^/]*\.ya?ml$/i.test(word);
    if (word.startsWith("-") || !(named || word.includes("/")) || !(named || (await isFile(word)))) continue;
    throw new UsageError(
      `${word} is a file, but Watchtower's flags and names of containers are expected here; give a Compose file with --compose ${word}`,
    );
  }
}

async function refuseWhatIsNoFile(given: string, path: string): Promise<void> {
  if (await isFolder(path)) {
    throw new UsageError(`${given} is a folder; name the Compose file in it, such as --compose ${given}/compose.yaml`);
  }
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(given) && !/\.(ya?ml|json)$/i.test(given) && !(await isFile(path))) {
    throw new UsageError(
      `${given} is not a file; --compose takes the path of a Compose file. If ${given} is a container or a service, give its Compose file and --service NAME, or its docker run command after --`,
    );
  }
}

function unsetWarnings(unset: ReadonlySet<string>): readonly string[] {
  return [...unset].map((name) => `the variable ${name} is not set and is replaced with nothing.`);
}

function withOwn(variables: Readonly<Record<string, string | null>>, lookup: Lookup) {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? lookup(name)]));
}

function ownOf<T>(variables: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

function orThrow<T>(result: Result<T, string>): T {
  if (!result.ok) throw new UsageError(result.failure);
  return result.value;
}
