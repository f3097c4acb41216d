import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { DOCKER_HOST, parseSpec } from "../api/docker-host.ts";
import type { FieldName } from "../api/kind.ts";
import { formatDuration } from "../common/duration.ts";
import { DEFAULT_SOCKET, type Endpoint, parseEndpoint, usesTls } from "../docker/endpoint.ts";
import { DEFAULT_INTERVAL_MS } from "../dockerhost/intervals.ts";
import type { Manifests } from "../files/manifests.ts";
import { apiVersionOf, readDockerVariables } from "../import/docker-variables.ts";
import { endpointName, kubeName } from "../import/kube-name.ts";
import { isThere, MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "../import/read-files.ts";
import { UsageError } from "./exit-codes.ts";
import { readSshFiles, type SshFlags } from "./ssh-flags.ts";

/** The flags of one connection, named as Docker and Watchtower name them. */
export interface DockerFlags extends SshFlags {
  /** Limits connecting, and the update check after it. Milliseconds. */
  readonly timeout?: number | undefined;
  readonly host?: string;
  readonly tlsverify?: boolean;
  readonly certPath?: string;
  readonly apiVersion?: string;
  readonly tlscacert?: string;
  readonly tlscert?: string;
  readonly tlskey?: string;
}

/** The variables that Docker's own client reads. */
export type DockerEnvironment = Readonly<Record<string, string | undefined>>;

export interface NamedConnection {
  readonly manifests: Manifests;
  readonly warnings: readonly string[];
}

/** Where to look for files that no flag or variable names. What is absent has a default. */
export interface DefaultPlaces {
  /** Folders of certificates. The first one that contains a certificate file is used. */
  readonly certificates?: readonly string[];
  /** The folder that contains the user's SSH keys. */
  readonly ssh?: string;
  /** The name of this machine. */
  readonly hostname?: string;
}

const FILES = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" } as const;

type Role = keyof typeof FILES;

/**
 * The DockerHost and Secret that flags and variables describe; a flag takes precedence over its variable.
 * Rejects with UsageError.
 */
export async function connectionFromFlags(
  flags: DockerFlags,
  env: DockerEnvironment,
  places: DefaultPlaces = {},
): Promise<NamedConnection> {
  const docker = readDockerVariables(env);
  const host = nonEmpty(flags.host) ?? docker.host;
  const verify = flags.tlsverify ?? docker.verify;
  const endpoint = parseEndpoint(host, verify);
  if (!endpoint.ok) throw new UsageError(endpoint.failure.message);
  const ssh = endpoint.value.kind === "ssh";
  const entries = ssh
    ? await readSshFiles(flags, places.ssh ?? join(homedir(), ".ssh"))
    : await readCredentials(flags, docker.certPath, usesTls(endpoint.value), places.certificates ?? docker.certFolders);
  const name = kubeName(isLocal(endpoint.value) ? (places.hostname ?? hostname()) : endpointName(endpoint.value));
  const apiVersion = flags.apiVersion === undefined ? docker.apiVersion : apiVersionOf(flags.apiVersion);
  const spec = {
    ...(host === undefined ? {} : { host }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    tls: { verify, ...(ssh || Object.keys(entries).length === 0 ? {} : { certSecretRef: { name } }) },
    ...(ssh ? { ssh: { secretRef: { name } } } : {}),
    ...(flags.timeout === undefined ? {} : timeouts(flags.timeout)),
  };
  const parsed = parseSpec(spec, flagOf);
  if (!parsed.ok) throw new UsageError(parsed.failure.message);
  const key = `default/${name}`;
  const secrets = Object.keys(entries).length === 0 ? [] : [{ key, entries }];
  return {
    manifests: { objects: [{ kind: DOCKER_HOST.kind, key, namespace: "default", name, spec }], secrets },
    warnings: flags.tlsverify === undefined ? docker.warnings : [],
  };
}

/** The flags of the fields that flags set. Everything else in the spec is made here, and fits. */
const FLAG_OF: Readonly<Record<string, string>> = {
  host: "--host",
  apiVersion: "--api-version",
  timeout: "--timeout",
  updateCheck: "--timeout",
};

const flagOf: FieldName = ([field]) => FLAG_OF[String(field)] ?? "the host";

/** Whether the endpoint is the usual socket of the machine on which the command runs. */
function isLocal(endpoint: Endpoint): boolean {
  return endpoint.kind === "unix" && endpoint.path === DEFAULT_SOCKET;
}

/** A timeout must not be longer than the interval, which has no other meaning for a single check. */
function timeouts(ms: number) {
  const timeout = formatDuration(ms);
  return { timeout, ...(ms > DEFAULT_INTERVAL_MS ? { interval: timeout } : {}), updateCheck: { timeout } };
}

async function readCredentials(
  flags: DockerFlags,
  fromEnv: string | undefined,
  tls: boolean,
  defaultPaths: readonly string[],
): Promise<Record<string, string>> {
  const named = flags.certPath ?? fromEnv;
  if (named !== undefined && !(await isThere(named))) {
    throw new UsageError(`The certificate path ${named} does not exist; correct --cert-path or DOCKER_CERT_PATH`);
  }
  const single: Partial<Record<Role, string>> = {
    ...(flags.tlscacert === undefined ? {} : { ca: flags.tlscacert }),
    ...(flags.tlscert === undefined ? {} : { cert: flags.tlscert }),
    ...(flags.tlskey === undefined ? {} : { key: flags.tlskey }),
  };
  // Look into the default folders only if their certificates would be used.
  const folder = named ?? (tls ? await firstWithFiles(defaultPaths) : undefined);
  const entries: Record<string, string> = {};
  for (const role of ["ca", "cert", "key"] as const) {
    const file = single[role];
    const bytes = await (file === undefined ? fromFolder(folder, role) : readNamedFile(file, MAX_PEM_BYTES));
    if (bytes !== undefined) entries[FILES[role]] = bytes.toString("utf8");
  }
  if (named !== undefined && tls && Object.keys(entries).length === 0) {
    throw new UsageError(`The certificate path ${named} contains none of ca.pem, cert.pem and key.pem`);
  }
  return entries;
}

async function fromFolder(folder: string | undefined, role: Role): Promise<Buffer | undefined> {
  return folder === undefined ? undefined : await readFileIfThere(join(folder, FILES[role]), MAX_PEM_BYTES);
}

async function firstWithFiles(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const file of Object.values(FILES)) if (await isThere(join(folder, file))) return folder;
  }
  return undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
