import { DOCKER_HOST } from "../api/docker-host.ts";
import { readPaths } from "../files/folder-watch.ts";
import {
  type ManifestProblem,
  ManifestSet,
  type MergedManifests,
  manifestsOf,
  mergeManifests,
} from "../files/manifest-set.ts";
import { readStream, type SourceText, STANDARD_INPUT } from "../files/sources.ts";
import type { PolicyFlags } from "./connection-policy.ts";
import type { CliContext } from "./context.ts";
import { connectionFromFlags, type DockerFlags } from "./docker-flags.ts";
import { problemsFound, UsageError } from "./exit-codes.ts";
import type { RegistryFlags } from "./registry-flags.ts";

/** How a command finds its hosts. */
export interface ConnectionOptions extends DockerFlags, RegistryFlags, PolicyFlags {
  readonly filename?: readonly string[];
}

/** The manifests of -f, or those of the one host that flags and variables describe. Rejects with UsageError. */
export async function readInput(options: ConnectionOptions, context: CliContext): Promise<MergedManifests> {
  if (options.filename === undefined) {
    const { manifests, warnings } = await connectionFromFlags(options, context.docker);
    for (const warning of warnings) context.stderr.write(`Warning: ${warning}\n`);
    return mergeManifests(new Map([["flags", manifests]]));
  }
  refuseMixed(options);
  const sources: (SourceText | ManifestProblem)[] = [];
  for (const path of options.filename) {
    if (path.includes("://")) throw new UsageError(`-f takes files and folders; did you mean --host ${path}?`);
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

/** With -f the manifests say how to reach a host, so a connection flag would be ignored: refuse it. */
function refuseMixed(options: ConnectionOptions): void {
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
