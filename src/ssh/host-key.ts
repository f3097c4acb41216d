import type { ServerHostKeyAlgorithm } from "ssh2";
import type { HostKeys } from "./known-hosts.ts";
import type { SshProblem } from "./ssh-failure.ts";
import { keyType, opensshFingerprint } from "./wire.ts";

/** Types of host keys in order of preference, with their signature algorithms; RSA is not used with SHA-1. */
const ALGORITHMS: readonly (readonly [type: string, algorithms: readonly ServerHostKeyAlgorithm[]])[] = [
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
];

/**
 * Puts the algorithms of known keys first, as ssh does: a host has several keys, and shows the one that is requested
 * first.
 */
export function hostKeyAlgorithms(keys: HostKeys | undefined): ServerHostKeyAlgorithm[] {
  const known = new Set(keys?.trusted.map(keyType));
  const rank = ([type]: (typeof ALGORITHMS)[number]) => (known.has(type) ? 0 : 1);
  return ALGORITHMS.toSorted((a, b) => rank(a) - rank(b)).flatMap(([, algorithms]) => algorithms);
}

/** Explains why a host that shows this key is not trusted; undefined if it is. */
export function checkHostKey(
  offered: Buffer,
  keys: HostKeys,
  address: { host: string; port: number },
): SshProblem | undefined {
  const same = (key: Buffer) => key.equals(offered);
  const type = keyType(offered) ?? "unknown";
  const shown = `the host showed the ${type} key ${opensshFingerprint(offered)}`;
  const problem = (kind: "hostKeyUnknown" | "hostKeyMismatch", but: string): SshProblem => ({
    kind,
    why: `${shown}, ${but} (its keys: ${keyscan(address)})`,
  });
  if (keys.revoked.some(same)) return problem("hostKeyMismatch", "which known_hosts has as revoked");
  if (keys.trusted.some(same)) return undefined;
  const types = [...new Set(keys.trusted.map((key) => keyType(key) ?? "unknown"))];
  if (types.includes(type)) {
    return problem("hostKeyMismatch", `but known_hosts has another ${type} key for ${keys.name}`);
  }
  if (types.length > 0) {
    return problem("hostKeyUnknown", `but known_hosts has only ${types.join(", ")} for ${keys.name}`);
  }
  if (keys.authority) {
    return problem(
      "hostKeyUnknown",
      `but known_hosts has only a certificate authority for ${keys.name}, and host certificates are not supported`,
    );
  }
  return problem("hostKeyUnknown", `but known_hosts has no key for ${keys.name}`);
}

function keyscan({ host, port }: { host: string; port: number }): string {
  return `ssh-keyscan ${port === 22 ? "" : `-p ${port} `}${host}`;
}
