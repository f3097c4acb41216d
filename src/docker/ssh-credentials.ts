import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { type KnownHosts, parseKnownHosts } from "../ssh/known-hosts.ts";
import { readSshKey, type SshKey } from "../ssh/private-key.ts";
import type { SshCredentials } from "../ssh/ssh-connection.ts";
import { labelOf, subject } from "./credential-layout.ts";

export const SSH_KEY_ENTRY = "ssh-privatekey";
export const KNOWN_HOSTS_ENTRY = "known_hosts";

export type HostKeyChecking = "Strict" | "Disabled";

/**
 * Reads everything that a Secret contains for SSH. Its keys are those of the type kubernetes.io/ssh-auth, and
 * known_hosts.
 * @param source how messages refer to the Secret; absent if the entries are files that flags name
 */
export function preflightSsh(
  entries: Readonly<Record<string, string>>,
  checking: HostKeyChecking,
  source: string | undefined,
): Outcome<SshCredentials> {
  const privateKey = entry(entries, SSH_KEY_ENTRY, source);
  if (!privateKey.ok) return privateKey;
  const key = usableKey(privateKey.value.text, privateKey.value.label);
  if (!key.ok) return key;
  if (checking === "Disabled") return success({ key: key.value, knownHosts: undefined });
  const file = entry(entries, KNOWN_HOSTS_ENTRY, source);
  if (!file.ok) return file;
  const knownHosts = usableKnownHosts(file.value.text, file.value.label);
  return knownHosts.ok ? success({ key: key.value, knownHosts: knownHosts.value }) : knownHosts;
}

/** @param label how messages refer to the key, such as `"ssh-privatekey" of Secret "edge-7-ssh"` */
export function usableKey(text: string, label: string): Outcome<SshKey> {
  const key = readSshKey(text);
  if (key.ok) return key;
  const { kind, why, next } = key.failure;
  const reason = kind === "encrypted" ? "SSHKeyEncrypted" : "SSHKeyInvalid";
  return failure(advised(reason, `The private key ${label} ${why}`, undefined, next));
}

/** @param label how messages refer to the file */
export function usableKnownHosts(text: string, label: string): Outcome<KnownHosts> {
  const knownHosts = parseKnownHosts(text);
  if (knownHosts.ok) return knownHosts;
  const { why, next } = knownHosts.failure;
  return failure(advised("KnownHostsInvalid", `${label} cannot be used: ${why}`, undefined, next));
}

function entry(
  entries: Readonly<Record<string, string>>,
  name: string,
  source: string | undefined,
): Outcome<{ text: string; label: string }> {
  // Every object has a `constructor`, so only own properties count.
  const text = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (text === undefined) {
    const next = "Add it, as docs/ssh.md shows.";
    return failure(advised("SecretKeyMissing", `${subject(source)} has no key "${name}"`, undefined, next));
  }
  return success({ text, label: labelOf([name], source) });
}
