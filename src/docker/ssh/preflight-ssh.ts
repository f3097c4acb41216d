import { failed, type Outcome } from "../../api/failure.ts";
import { success } from "../../common/result.ts";
import { type KnownHosts, parseKnownHosts } from "./known-hosts.ts";
import { readSshKey, type SshKey } from "./private-key.ts";

/** Credentials that were judged sound. */
export interface SshCredentials {
  readonly key: SshKey;
  /** Undefined where every host key is accepted, by the explicit will of the spec. */
  readonly knownHosts: KnownHosts | undefined;
}

export const SSH_KEY_ENTRY = "ssh-privatekey";
export const KNOWN_HOSTS_ENTRY = "known_hosts";

export type HostKeyChecking = "Strict" | "Disabled";

/**
 * Everything that the Secret alone shows. Its keys are those of the type kubernetes.io/ssh-auth, and known_hosts.
 * @param source what the Secret is called in a message
 */
export function preflightSsh(
  entries: Readonly<Record<string, string>>,
  checking: HostKeyChecking,
  source: string,
): Outcome<SshCredentials> {
  const privateKey = entry(entries, SSH_KEY_ENTRY, source);
  if (!privateKey.ok) return privateKey;
  const key = readSshKey(privateKey.value.text, privateKey.value.label);
  if (!key.ok) return key;
  if (checking === "Disabled") return success({ key: key.value, knownHosts: undefined });
  const file = entry(entries, KNOWN_HOSTS_ENTRY, source);
  if (!file.ok) return file;
  const knownHosts = parseKnownHosts(file.value.text, file.value.label);
  return knownHosts.ok ? success({ key: key.value, knownHosts: knownHosts.value }) : knownHosts;
}

function entry(
  entries: Readonly<Record<string, string>>,
  name: string,
  source: string,
): Outcome<{ text: string; label: string }> {
  // Objects have a `constructor`, whatever the Secret holds.
  const text = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (text === undefined) {
    return failed("SecretKeyMissing", `${source} has no key "${name}"; add it, as docs/ssh.md shows`);
  }
  return success({ text, label: `"${name}" of ${source}` });
}
