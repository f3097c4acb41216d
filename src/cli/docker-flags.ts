import { homedir } from "node:os";
import { join } from "node:path";
import { parseSpec } from "../api/docker-host.ts";
import { parseEndpoint, usesTls } from "../docker/endpoint.ts";
import type { Manifests } from "../files/manifests.ts";
import { isThere, MAX_PEM_BYTES, readFileIfThere, readNamedFile } from "../import/read-files.ts";
import { UsageError } from "./exit-codes.ts";
import { readSshFiles, type SshFlags } from "./ssh-flags.ts";

/** Docker's and Watchtower's names for one connection. */
export interface DockerFlags extends SshFlags {
  readonly host?: string;
  readonly tlsverify?: boolean;
  readonly certPath?: string;
  readonly apiVersion?: string;
  readonly tlscacert?: string;
  readonly tlscert?: string;
  readonly tlskey?: string;
}

/** The variables that Docker's own client reads. */
export interface DockerEnvironment {
  readonly DOCKER_HOST?: string | undefined;
  readonly DOCKER_TLS_VERIFY?: string | undefined;
  readonly DOCKER_CERT_PATH?: string | undefined;
  readonly DOCKER_API_VERSION?: string | undefined;
}

export interface NamedConnection {
  readonly manifests: Manifests;
  readonly warnings: readonly string[];
}

/** Where files are looked for that no flag names. */
export interface DefaultPlaces {
  /** Folders of certificates, of which the first with one of them counts. */
  readonly certificates: readonly string[];
  /** The folder of the user's keys for SSH. */
  readonly ssh: string;
}

/** Watchtower's default first, then Docker's. */
export function defaultCertPaths(): readonly string[] {
  return ["/etc/ssl/docker", join(homedir(), ".docker")];
}

function defaultPlaces(): DefaultPlaces {
  return { certificates: defaultCertPaths(), ssh: join(homedir(), ".ssh") };
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
  places: DefaultPlaces = defaultPlaces(),
): Promise<NamedConnection> {
  const warnings: string[] = [];
  const host = nonEmpty(flags.host) ?? nonEmpty(env.DOCKER_HOST);
  const fromEnv = nonEmpty(env.DOCKER_TLS_VERIFY);
  if (flags.tlsverify === undefined && fromEnv !== undefined && /^(0|false|no|off)$/i.test(fromEnv)) {
    warnings.push(
      `DOCKER_TLS_VERIFY=${fromEnv} turns verification on, as any value that is not empty does; unset it to turn verification off.`,
    );
  }
  const verify = flags.tlsverify ?? fromEnv !== undefined;
  const endpoint = parseEndpoint(host, verify);
  if (!endpoint.ok) throw new UsageError(endpoint.failure.message);
  const ssh = endpoint.value.kind === "ssh";
  const entries = ssh
    ? await readSshFiles(flags, places.ssh)
    : await readCredentials(flags, env, usesTls(endpoint.value), places.certificates);
  const name = "docker";
  const apiVersion = flags.apiVersion ?? nonEmpty(env.DOCKER_API_VERSION);
  const spec = {
    ...(host === undefined ? {} : { host }),
    ...(apiVersion === undefined ? {} : { apiVersion: apiVersion.replace(/^"(.*)"$/, "$1") }),
    tls: { verify, ...(ssh || Object.keys(entries).length === 0 ? {} : { certSecretRef: { name } }) },
    ...(ssh ? { ssh: { secretRef: { name } } } : {}),
  };
  const parsed = parseSpec(spec);
  if (!parsed.ok) throw new UsageError(parsed.failure.message);
  const key = `default/${name}`;
  const secrets = Object.keys(entries).length === 0 ? [] : [{ key, entries }];
  return { manifests: { hosts: [{ key, namespace: "default", name, spec }], secrets }, warnings };
}

async function readCredentials(
  flags: DockerFlags,
  env: DockerEnvironment,
  tls: boolean,
  defaultPaths: readonly string[],
): Promise<Record<string, string>> {
  const named = flags.certPath ?? nonEmpty(env.DOCKER_CERT_PATH);
  if (named !== undefined && !(await isThere(named))) {
    throw new UsageError(`The certificate path ${named} does not exist; correct --cert-path or DOCKER_CERT_PATH`);
  }
  const single: Partial<Record<Role, string>> = {
    ...(flags.tlscacert === undefined ? {} : { ca: flags.tlscacert }),
    ...(flags.tlscert === undefined ? {} : { cert: flags.tlscert }),
    ...(flags.tlskey === undefined ? {} : { key: flags.tlskey }),
  };
  // Default places are looked into only where their certificates would be used.
  const folder = named ?? (tls ? await firstWithFiles(defaultPaths) : undefined);
  const entries: Record<string, string> = {};
  for (const role of ["ca", "cert", "key"] as const) {
    const file = single[role];
    const bytes = await (file === undefined ? fromFolder(folder, role) : readNamedFile(file, MAX_PEM_BYTES));
    if (bytes !== undefined) entries[FILES[role]] = bytes.toString("utf8");
  }
  if (named !== undefined && tls && Object.keys(entries).length === 0) {
    throw new UsageError(`The certificate path ${named} holds none of ca.pem, cert.pem and key.pem`);
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
