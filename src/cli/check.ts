import { DOCKER_HOST, type DockerHostObject } from "../api/docker-host.ts";
import { inFlagWords } from "../api/flag-words.ts";
import { FileResources } from "../files/file-resources.ts";
import { readPaths } from "../files/folder-watch.ts";
import {
  type ManifestProblem,
  ManifestSet,
  type MergedManifests,
  manifestsOf,
  mergeManifests,
} from "../files/manifest-set.ts";
import { readStream, type SourceText, STANDARD_INPUT } from "../files/sources.ts";
import { keyOf } from "../runtime/object.ts";
import { type CliContext, terminalWidth, wantsColour } from "./context.ts";
import { connectionFromFlags, type DockerFlags } from "./docker-flags.ts";
import { problemsFound, UsageError } from "./exit-codes.ts";
import { createFences, type FenceOptions } from "./fences.ts";
import { judgeCheck } from "./host-exit-code.ts";
import { onePass } from "./one-pass.ts";
import { formatHosts, type OutputFormat } from "./output.ts";
import { startProgress } from "./progress.ts";
import { createReconcilers, type Reconcilers } from "./reconcilers.ts";
import { type RegistryFlags, readRegistryFlags } from "./registry-flags.ts";
import { paintFor } from "./report.ts";
import { writePainted } from "./safe-stream.ts";
import { writeMessage } from "./wrap.ts";

export interface CheckOptions extends DockerFlags, RegistryFlags, FenceOptions {
  readonly filename?: readonly string[];
  readonly output: OutputFormat;
  readonly failOnUpdates?: boolean;
}

/** Checks the hosts of manifests once, or the one host that flags and variables name. Resolves to the exit code. */
export async function check(options: CheckOptions, context: CliContext): Promise<number> {
  const manifests = await readInput(options, context);
  const resources = new FileResources({ clock: context.clock });
  await resources.apply(manifests);
  const extras = options.filename === undefined ? await readRegistryFlags(options, context) : {};
  const fences = createFences(options, "check");
  using reconcilers = createReconcilers(resources, context.clock, context.random, fences, extras);
  const isByFlags = options.filename === undefined;
  // A host that flags describe is in no namespace.
  const nameOf = isByFlags ? (host: DockerHostObject) => host.metadata.name : keyOf;
  await checkAll(resources, reconcilers, context, nameOf);
  const hosts = isByFlags ? resources.hosts.list().map(byFlags) : resources.hosts.list();
  const { clock, stdout } = context;
  const paint = paintFor(wantsColour(context, stdout));
  const format = { now: clock.now(), paint, width: terminalWidth(stdout) };
  writePainted(stdout, formatHosts(hosts, options.output, format));
  for (const host of hosts) {
    for (const warning of host.status?.warnings ?? [])
      writeMessage(context.stderr, `Warning: ${nameOf(host)}: ${warning}`);
  }
  const { code, errors } = judgeCheck(hosts, options.failOnUpdates ?? false, nameOf);
  for (const error of errors) writeMessage(context.stderr, `error: ${error}`);
  return code;
}

async function checkAll(
  resources: FileResources,
  reconcilers: Reconcilers,
  context: CliContext,
  nameOf: (host: DockerHostObject) => string,
): Promise<void> {
  const { clock, stderr, signal } = context;
  const open = new Map(resources.hosts.list().map((host) => [keyOf(host), nameOf(host)]));
  using _ = startProgress({ stderr, clock, total: open.size, open: () => [...open.values()] });
  const onThrow = (key: string, error: unknown) => {
    const kind = error instanceof Error ? error.name : typeof error;
    stderr.write(`Error: ${open.get(key) ?? key}: the check failed because of a bug in this program (${kind})\n`);
  };
  await onePass(resources, reconcilers, signal, onThrow, (key) => open.delete(key));
}

async function readInput(options: CheckOptions, context: CliContext): Promise<MergedManifests> {
  if (options.filename === undefined) {
    const { manifests, warnings } = await connectionFromFlags(options, context.docker);
    for (const warning of warnings) context.stderr.write(`Warning: ${warning}\n`);
    return mergeManifests(new Map([["flags", manifests]]));
  }
  refuseMixed(options);
  const sources: (SourceText | ManifestProblem)[] = [];
  for (const path of options.filename) {
    if (path !== "-") {
      sources.push(...(await readPaths([path])));
      continue;
    }
    const read = await readStream(context.stdin, context.signal);
    sources.push(read.ok ? read.value : { source: STANDARD_INPUT, message: read.failure });
  }
  const manifests = new ManifestSet().update(sources);
  if (manifests.problems.length > 0) throw problemsFound(manifests.problems);
  for (const { source, message } of manifests.notes ?? []) context.stderr.write(`Warning: ${source}: ${message}\n`);
  if (manifestsOf(manifests, DOCKER_HOST).size === 0) {
    const places = options.filename.map((path) => (path === "-" ? STANDARD_INPUT : path));
    throw new UsageError(`There is no DockerHost in ${places.join(", ")}`);
  }
  return manifests;
}

/** The host with the messages of its status in the words of the flags that named it. */
function byFlags(host: DockerHostObject): DockerHostObject {
  const { status } = host;
  if (status === undefined) return host;
  const { conditions, warnings, updates } = status;
  const translated = <T extends { readonly message?: string | undefined }>(one: T): T =>
    one.message === undefined ? one : { ...one, message: inFlagWords(one.message) };
  return {
    ...host,
    status: {
      ...status,
      ...(conditions === undefined ? {} : { conditions: conditions.map(translated) }),
      ...(warnings === undefined ? {} : { warnings: warnings.map(inFlagWords) }),
      ...(updates?.items === undefined ? {} : { updates: { ...updates, items: updates.items.map(translated) } }),
    },
  };
}

/** With -f the manifests say how to reach a host, so a connection flag would be ignored: refuse it. */
function refuseMixed(options: CheckOptions): void {
  const { host, tlsverify, certPath, apiVersion, tlscacert, tlscert, tlskey, sshKey, knownHosts } = options;
  const { registryConfig, registryCa, timeout } = options;
  const flags = {
    "--host": host,
    "--tlsverify": tlsverify,
    "--cert-path": certPath,
    "--api-version": apiVersion,
    "--tlscacert": tlscacert,
    "--tlscert": tlscert,
    "--tlskey": tlskey,
    "--ssh-key": sshKey,
    "--known-hosts": knownHosts,
    [registryConfig === false ? "--no-registry-config" : "--registry-config"]: registryConfig,
    "--registry-ca": registryCa,
    "--timeout": timeout,
  };
  const [given] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (given !== undefined)
    throw new UsageError(`${given} cannot be used with -f: the manifests say how to reach each host`);
}
