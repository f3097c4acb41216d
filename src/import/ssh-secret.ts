import { join } from "node:path";
import { pemBlocks } from "../common/pem.ts";
import { UsageError } from "../common/usage-error.ts";
import type { Endpoint } from "../docker/endpoint.ts";
import { usableKey, usableKnownHosts } from "../docker/ssh-credentials.ts";
import { findHostKeys, MAX_KNOWN_HOSTS_BYTES, parseKnownHosts } from "../ssh/known-hosts.ts";
import { readFolder } from "./folder-items.ts";
import type { ImportedSecret } from "./imported-host.ts";
import { isThere, MAX_PEM_BYTES, readNamedFile } from "./read-files.ts";

export interface SshFlags {
  readonly sshKey?: string;
  readonly knownHosts?: string;
}

type SshEndpoint = Extract<Endpoint, { kind: "ssh" }>;

/**
 * Builds the Secret from the private key and the known_hosts in a folder, or from those that flags name. Throws a
 * UsageError.
 */
export async function sshSecretFromFolder(
  folder: string,
  flags: SshFlags & { readonly key?: string },
  endpoint: SshEndpoint,
  signal: AbortSignal,
): Promise<{ readonly secret: ImportedSecret; readonly warnings: readonly string[] }> {
  const sshKey = flags.sshKey ?? flags.key ?? (await onlyKey(folder, signal));
  const inFolder = join(folder, "known_hosts");
  const knownHosts = flags.knownHosts ?? ((await isThere(inFolder)) ? inFolder : undefined);
  if (knownHosts === undefined) {
    const port = endpoint.port === 22 ? "" : `-p ${endpoint.port} `;
    throw new UsageError(
      `${folder} contains no known_hosts, without which anyone could impersonate ${endpoint.host}. Create it with ssh-keyscan ${port}${endpoint.host} > ${inFolder}, and compare its fingerprints (ssh-keygen -lf) with those on the host`,
    );
  }
  const secret = await sshSecret({ sshKey, knownHosts }, signal);
  return { secret, warnings: hostKeyWarnings(secret, endpoint) };
}

/** Builds the Secret from the files that flags name. Throws a UsageError. */
export async function sshSecret(files: Required<SshFlags>, signal: AbortSignal): Promise<ImportedSecret> {
  const { sshKey, knownHosts } = files;
  const text = (await readNamedFile(sshKey, MAX_PEM_BYTES, signal)).toString("utf8");
  const key = usableKey(text, sshKey);
  if (!key.ok) throw new UsageError(key.failure.message);
  const known = (await readNamedFile(knownHosts, MAX_KNOWN_HOSTS_BYTES, signal))
    .toString("utf8")
    .replaceAll("\r\n", "\n");
  const parsed = usableKnownHosts(known, knownHosts);
  if (!parsed.ok) throw new UsageError(parsed.failure.message);
  const block = pemBlocks(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  return {
    kind: "ssh",
    type: "kubernetes.io/ssh-auth",
    entries: { "ssh-privatekey": block?.text ?? text, known_hosts: known.endsWith("\n") ? known : `${known}\n` },
    files: { "ssh-privatekey": sshKey, known_hosts: knownHosts },
  };
}

/** Warns if known_hosts lists only other hosts, which otherwise only the connection would show. */
export function hostKeyWarnings({ entries }: ImportedSecret, { host, port }: SshEndpoint): readonly string[] {
  const parsed = parseKnownHosts(entries.known_hosts ?? "");
  const found = parsed.ok ? findHostKeys(parsed.value, host, port) : undefined;
  if (found === undefined || found.trusted.length > 0) return [];
  return [`known_hosts has no key of ${found.name}: the connection will be refused until you add it.`];
}

async function onlyKey(folder: string, signal: AbortSignal): Promise<string> {
  const { items } = await readFolder(folder, signal);
  const keys = items.filter(({ path, pem }) => path !== undefined && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem));
  const [first, ...others] = keys;
  if (others.length > 0) {
    throw new UsageError(
      `${folder} contains several private keys: ${keys.map(({ label }) => label).join(", ")}. Choose one with --ssh-key FILE`,
    );
  }
  if (first?.path === undefined)
    throw new UsageError(`${folder} contains no private key; give one with --ssh-key FILE`);
  return first.path;
}
