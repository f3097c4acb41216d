import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import ssh2, { type ParsedKey } from "ssh2";
import { describeMisplaced } from "../common/misplaced-material.ts";
import { MAX_KEY_BYTES, pemBlocks } from "../common/pem.ts";
import { failure, type Result, success } from "../common/result.ts";
import { readString, writeString } from "./wire.ts";

/** A private key that was checked and can be used. */
export interface SshKey {
  /** In a format that ssh2 reads. */
  readonly privateKey: string;
  readonly type: string;
  /** SHA-256 of the public key in its wire format, in hexadecimal. */
  readonly publicKeyFingerprint: string;
}

const TYPES: ReadonlySet<string> = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);

const MAGIC = "openssh-key-v1\0";

/** Why a private key cannot be used; `why` follows the name of the key in a sentence. */
export interface SshKeyProblem {
  readonly kind: "invalid" | "encrypted";
  readonly why: string;
  /** The next step, if the cause allows specific advice. */
  readonly next?: string;
}

export function readSshKey(text: string): Result<SshKey, SshKeyProblem> {
  const invalid = (why: string, next?: string) =>
    failure<SshKeyProblem>({ kind: "invalid", why, ...(next !== undefined && { next }) });
  if (text.length > MAX_KEY_BYTES) return invalid(`is larger than ${MAX_KEY_BYTES} bytes`);
  // Old EC keys carry a block of parameters in front of the key.
  const block = pemBlocks(text).find((each) => each.label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    const found = describeMisplaced(text, "sshKey");
    return invalid(
      found === undefined ? "is not a private key in OpenSSH's form or PEM" : `is ${found.what}`,
      found?.next,
    );
  }
  const openssh = block.label === "OPENSSH PRIVATE KEY";
  if (openssh ? isEncrypted(block.text) : block.encrypted) {
    return failure({ kind: "encrypted", why: "is encrypted with a passphrase" });
  }
  try {
    const key = openssh ? parse(block.text) : parse(toReadable(createPrivateKey(block.text)));
    if (key === undefined || !TYPES.has(key.type)) return invalid("is of a type that is not supported");
    const publicKey = key.getPublicSSH();
    if (!belongTogether(key)) return invalid("has a private and a public half that do not belong together");
    const privateKey = openssh ? block.text : toReadable(createPrivateKey(block.text));
    return success({ privateKey, type: key.type, publicKeyFingerprint: hash("sha256", publicKey, "hex") });
  } catch {
    // The error may quote the input, so it is not passed on.
    return invalid("cannot be parsed");
  }
}

/**
 * The key as an object of ssh2. For hosts that accept only SHA-1 for an RSA key, ssh2 would sign with it: `refuse` is
 * called in place of that, and has to end the connection.
 */
export function signingKey({ privateKey }: SshKey, refuse: () => void): ParsedKey {
  const key = parse(privateKey);
  if (key === undefined) throw new Error("a key that was found valid cannot be parsed");
  const sign = key.sign.bind(key);
  key.sign = (data, algorithm) => {
    if (algorithm !== "sha1") return sign(data, algorithm);
    refuse();
    return Buffer.alloc(0);
  };
  return key;
}

/** OpenSSH's own format begins with the name of its cipher. */
function isEncrypted(block: string): boolean {
  const blob = Buffer.from(block.replace(/-----[^\n]*-----/g, ""), "base64");
  const cipher = readString(blob, MAGIC.length)?.value.toString("latin1");
  return blob.toString("latin1", 0, MAGIC.length) === MAGIC && cipher !== undefined && cipher !== "none";
}

/** Undefined if ssh2 cannot read the key. */
function parse(text: string): ParsedKey | undefined {
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) return parsed;
  if (/^Unsupported /.test(parsed.message)) return undefined;
  throw parsed;
}

function belongTogether(key: ParsedKey): boolean {
  const text = Buffer.from("dockerhost");
  const hash = key.type === "ssh-rsa" ? "sha256" : undefined;
  const signature = key.sign(text, hash);
  return Buffer.isBuffer(signature) && key.verify(text, signature, hash) === true;
}

/** ssh2 does not read PKCS#8, so each kind of key gets a format that it does read. */
function toReadable(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }).toString();
    case "ec":
      return key.export({ type: "sec1", format: "pem" }).toString();
    case "ed25519":
      return opensshEd25519(key);
    default:
      return "Unsupported";
  }
}

function opensshEd25519(key: KeyObject): string {
  const { d = "" } = key.export({ format: "jwk" });
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  const [seed, publicKey] = [Buffer.from(d, "base64url"), Buffer.from(x, "base64url")];
  const publicBlob = Buffer.concat([writeString("ssh-ed25519"), writeString(publicKey)]);
  // The format starts with two equal numbers, which confirm the right passphrase; the key and its comment follow.
  const keys = [Buffer.alloc(8), publicBlob, writeString(Buffer.concat([seed, publicKey])), writeString("")];
  const length = keys.reduce((sum, { length }) => sum + length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from(MAGIC),
    writeString("none"),
    writeString("none"),
    writeString(""),
    Buffer.from([0, 0, 0, 1]),
    writeString(publicBlob),
    writeString(Buffer.concat([...keys, padding])),
  ]);
  const lines = blob.toString("base64").replace(/.{70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
