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
  /** What follows the image. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly mounts: readonly Mount[];
  readonly warnings: readonly string[];
  /** Whether paths are those of a container, which sees only what is mounted. */
  readonly inContainer: boolean;
  /** What names stand for where it runs, which mean nothing elsewhere. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** The variables that were filled into its settings, with their values. */
  readonly filledIn: ReadonlyMap<string, string>;
}

/** The service of these Compose files. Throws UsageError. */
export async function sourceFromCompose(
  given: readonly string[],
  service: string | undefined,
  { env, docker, signal }: SourceContext,
): Promise<WatchtowerSource> {
  const warnings: string[] = [];
  const named = given.map((path) => resolve(path));
  for (const [index, path] of named.entries()) await refuseWhatIsNoFile(given[index] ?? "", path);
  const overrides = named.length === 1 ? await overridesBeside(named[0] ?? "") : [];
  for (const path of overrides) warnings.push(`${path} is read too, as docker compose does.`);
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
  // Only now: the variables of other services are not of interest.
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
  // Variables of the service itself fill those of its files in.
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

/** Watchtower's own command line, or that of docker run. Throws UsageError. */
export async function sourceFromCommand(
  words: readonly string[],
  { env: variables, docker, signal }: SourceContext,
): Promise<WatchtowerSource> {
  const own = { ...variables, ...docker };
  const common = { source: "the command line", neighbours: new Map(), filledIn: new Map() };
  if (!isDockerRun(words)) {
    await refuseComposeFile(words);
    // Run as a program, it reads the variables and the files of this machine.
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
    : [`${run.value.image} is taken for an image of Watchtower, and what follows for Watchtower's flags.`];
  const folder = process.cwd();
  const mounts = run.value.mounts.map(({ source, target }): Mount => ({ target, source: sourceOf(source, folder) }));
  return { ...common, args: run.value.args, env, mounts, warnings, inContainer: true };
}

/** A Compose file where names of containers are expected would make a host that checks no container. */
async function refuseComposeFile(words: readonly string[]): Promise<void> {
  for (const word of words) {
    const named = /(^|\/)[^/]*\.ya?ml$/i.test(word);
    if (word.startsWith("-") || !(named || word.includes("/")) || !(named || (await isFile(word)))) continue;
    throw new UsageError(
      `${word} is a file, where Watchtower's flags and the names of containers are expected; give a Compose file by --compose ${word}`,
    );
  }
}

async function refuseWhatIsNoFile(given: string, path: string): Promise<void> {
  if (await isFolder(path)) {
    throw new UsageError(`${given} is a folder; name the Compose file in it, such as --compose ${given}/compose.yaml`);
  }
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(given) && !/\.(ya?ml|json)$/i.test(given) && !(await isFile(path))) {
    throw new UsageError(
      `${given} is not a file; --compose takes the path of a Compose file. Where ${given} is a container or a service, give the Compose file that it was started from and --service NAME, or its docker run command after --`,
    );
  }
}

function unsetWarnings(unset: ReadonlySet<string>): readonly string[] {
  return [...unset].map((name) => `the variable ${name} is not set, and nothing is written in its place.`);
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
