import type { CipherAlgorithm, CompressionAlgorithm, KexAlgorithm, MacAlgorithm } from "ssh2";
import { truncate } from "../common/truncate.ts";

/**
 * The algorithms that are offered to a host. OpenSSH since 6.5 and Dropbear since 2013 have some of each list. Group
 * exchange is left out: a host could choose a prime whose test blocks the program for a minute, before it has shown its
 * key. Groups above 4096 bits are left out because they also take too long; SHA-1 and CBC because they are weak; and
 * compression because it only helps decompression bombs.
 */
export const OFFERED: {
  readonly kex: KexAlgorithm[];
  readonly cipher: CipherAlgorithm[];
  readonly hmac: MacAlgorithm[];
  readonly compress: CompressionAlgorithm[];
} = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
  ],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
  compress: ["none"],
};

interface Kind {
  /** ssh2's words in the failure and in the line that lists what the host offers. */
  readonly lacking: RegExp;
  readonly listed: RegExp;
  readonly name: string;
  /** The setting in sshd_config. */
  readonly setting: string;
  /** What to allow with it. */
  readonly example: string;
}

const KINDS: readonly Kind[] = [
  {
    lacking: /key exchange algorithm/i,
    listed: /^Handshake: \(remote\) KEX method: /,
    name: "key exchange",
    setting: "KexAlgorithms",
    example: "curve25519-sha256 or ecdh-sha2-nistp256",
  },
  {
    lacking: /host key format/i,
    listed: /^Handshake: \(remote\) Host key format: /,
    name: "host keys",
    setting: "HostKey",
    example: "an Ed25519, ECDSA or RSA key (rsa-sha2-256)",
  },
  {
    lacking: /cipher/i,
    listed: /^Handshake: \(remote\) (?:C->S|S->C) cipher: /,
    name: "encryption",
    setting: "Ciphers",
    example: "aes256-gcm@openssh.com or aes256-ctr",
  },
  {
    lacking: /MAC/,
    listed: /^Handshake: \(remote\) (?:C->S|S->C) MAC: /,
    name: "message authentication",
    setting: "MACs",
    example: "hmac-sha2-256-etm@openssh.com or hmac-sha2-256",
  },
  {
    lacking: /compression/i,
    listed: /^Handshake: \(remote\) (?:C->S|S->C) compression: /,
    name: "compression",
    setting: "Compression",
    example: "none (`Compression no`)",
  },
];

/**
 * Stores what a host offers, which ssh2 reports line by line, because its failure names only the kind that is missing.
 */
export class HostOffers {
  readonly #lists = new Map<Kind, string>();

  /** Takes a line that ssh2 reports. */
  report(line: string): void {
    if (!line.startsWith("Handshake: (remote) ")) return;
    for (const kind of KINDS) {
      const list = kind.listed.exec(line);
      // The two directions are the same in practice; ssh2 fails at the one that it compares last.
      if (list !== null) this.#lists.set(kind, line.slice(list[0].length, list[0].length + 2_000));
    }
  }

  /** Explains a handshake that failed with this text of ssh2. */
  explain(message: string): { readonly why: string; readonly next?: string } {
    const lacking = /^Handshake failed: no matching (.+)$/i.exec(message)?.[1];
    const kind = lacking === undefined ? undefined : KINDS.find((each) => each.lacking.test(lacking));
    if (kind === undefined) return { why: "the SSH handshake failed" };
    return {
      why: `the host offers ${named(this.#lists.get(kind) ?? "")} for ${kind.name}, which is not accepted`,
      next: `Allow ${kind.example} by ${kind.setting} in the host's sshd_config, or update sshd; docs/ssh.md lists what is accepted.`,
    };
  }
}

/** The names of a list on one line, shortened and without the markers of extensions. */
function named(list: string): string {
  const names = list
    .split(",")
    .filter((name) => /^[a-zA-Z0-9@.+-]{1,64}$/.test(name) && !/^(kex-strict|ext-info)-/.test(name));
  if (names.length === 0) return "nothing";
  return `only ${truncate(names.join(", "), 200)}`;
}
