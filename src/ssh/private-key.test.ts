import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import ssh2 from "ssh2";
import { describe, expect, it, vi } from "vitest";
import { sshKeyPair } from "../../test/support/ssh-keys.ts";
import { MAX_KEY_BYTES } from "../common/pem.ts";
import { readSshKey, signingKey } from "./private-key.ts";

function problemOf(text: string) {
  const read = readSshKey(text);
  if (read.ok) throw new Error("it was read");
  // Nothing of what is in the file.
  for (const line of text.split("\n").filter((each) => each.length > 20))
    expect(JSON.stringify(read.failure)).not.toContain(line);
  return read.failure;
}

function read(text: string) {
  const key = readSshKey(text);
  if (!key.ok) throw new Error(key.failure.why);
  return key.value;
}

const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1") => key.export({ type, format: "pem" }).toString();
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ed25519 = generateKeyPairSync("ed25519").privateKey;
const FORMS: readonly (readonly [what: string, text: string, type: string])[] = [
  ["Ed25519 in OpenSSH's form", sshKeyPair("ed25519").private, "ssh-ed25519"],
  ["ECDSA in OpenSSH's form", sshKeyPair("ecdsa").private, "ecdsa-sha2-nistp256"],
  ["RSA in OpenSSH's form", sshKeyPair("rsa").private, "ssh-rsa"],
  ["RSA in PEM", pem(rsa, "pkcs1"), "ssh-rsa"],
  ["RSA in PKCS#8", pem(rsa, "pkcs8"), "ssh-rsa"],
  ["ECDSA in PEM", pem(ec("P-256"), "sec1"), "ecdsa-sha2-nistp256"],
  ["ECDSA P-384 in PKCS#8", pem(ec("P-384"), "pkcs8"), "ecdsa-sha2-nistp384"],
  ["ECDSA P-521 in PKCS#8", pem(ec("P-521"), "pkcs8"), "ecdsa-sha2-nistp521"],
  ["Ed25519 in PKCS#8", pem(ed25519, "pkcs8"), "ssh-ed25519"],
];

describe("readSshKey", () => {
  it.each(FORMS)("reads %s, so that ssh2 accepts it", (_what, text, type) => {
    const key = read(text);
    expect(key.type).toBe(type);
    const parsed = ssh2.utils.parseKey(key.privateKey);
    if (parsed instanceof Error) throw parsed;
    expect(parsed.isPrivateKey()).toBe(true);
    expect(key.publicKeyFingerprint).toBe(createHash("sha256").update(parsed.getPublicSSH()).digest("hex"));
  });

  it.each(FORMS)("reads %s with CRLF, and with text around it", (_what, text) => {
    const crlf = `made by hand\r\n${text.trim().replaceAll("\n", "\r\n")}\r\n\r\n`;
    expect(read(crlf).publicKeyFingerprint).toBe(read(text).publicKeyFingerprint);
  });

  it("does not change the key of PKCS#8", () => {
    const parsed = ssh2.utils.parseKey(read(pem(ed25519, "pkcs8")).privateKey);
    if (parsed instanceof Error) throw parsed;
    expect(parsed.getPrivatePEM().trim()).toBe(pem(ed25519, "pkcs8").trim());
  });

  it.each([
    ["nothing", "", "is empty"],
    ["a public key", sshKeyPair("ed25519").public, "is a public key for SSH"],
    ["junk between the lines", pem(rsa, "pkcs8").replace(/\n[A-Z].*\n/i, "\nAAAA\n"), "cannot be parsed"],
    ["half of one in OpenSSH's form", halved(sshKeyPair("ed25519").private), "cannot be parsed"],
    ["one of another kind", pem(generateKeyPairSync("x25519").privateKey, "pkcs8"), "not supported"],
    ["one on another curve", pem(ec("secp256k1"), "sec1"), "not supported"],
    [
      "DSA",
      pem(generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).privateKey, "pkcs8"),
      "not supported",
    ],
    ["more than a key", `${sshKeyPair("ed25519").private}${"\n".repeat(MAX_KEY_BYTES)}`, "is larger than"],
    ["halves of two keys", mixed(), "do not belong together"],
  ])("refuses %s", (_what, text, words) => {
    expect(problemOf(text)).toMatchObject({ kind: "invalid", why: expect.stringContaining(words) });
  });

  it.each([
    [
      "OpenSSH's form",
      ssh2.utils.generateKeyPairSync("ed25519", { passphrase: "correct horse", cipher: "aes256-ctr", rounds: 16 })
        .private,
    ],
    [
      "PEM",
      rsa.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" }).toString(),
    ],
    [
      "PKCS#8",
      rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "correct horse" }).toString(),
    ],
  ])("recognizes a key with a passphrase in %s", (_what, text) => {
    expect(problemOf(text)).toMatchObject({ kind: "encrypted", why: "is encrypted with a passphrase" });
  });
});

describe("signingKey", () => {
  it("signs with SHA-2, and refuses to with SHA-1, which hosts without it ask RSA keys for", () => {
    const refuse = vi.fn();
    const key = signingKey(read(pem(rsa, "pkcs1")), refuse);
    for (const algorithm of ["sha256", "sha512"]) {
      expect(key.verify("text", key.sign("text", algorithm), algorithm)).toBe(true);
    }
    expect(refuse).not.toHaveBeenCalled();
    expect(key.sign("text", "sha1")).toHaveLength(0);
    expect(refuse).toHaveBeenCalledOnce();
  });
});

function halved(text: string): string {
  const lines = text.trim().split("\n");
  return [...lines.slice(0, lines.length / 2), lines.at(-1)].join("\n");
}

/** The private half of one key with the public half of another. */
function mixed(): string {
  const [one, other] = [sshKeyPair("ed25519"), sshKeyPair("ed25519")].map(({ private: text }) =>
    Buffer.from(text.replace(/-----[^\n]*-----/g, ""), "base64"),
  );
  if (one === undefined || other === undefined) throw new Error("no keys");
  // The public half occurs in two places in front of the private one.
  const [from, to] = [one, other].map((blob) => blob.lastIndexOf("ssh-ed25519") + "ssh-ed25519".length + 4);
  other.copy(one, from, to, (to ?? 0) + 32);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${one.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
