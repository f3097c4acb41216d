import { createHash } from "node:crypto";

/**
 * The strings of SSH's binary format (RFC 4251), each with its length in front of it; undefined if the text ends too
 * early.
 */
export function readString(blob: Buffer, offset: number): { value: Buffer; next: number } | undefined {
  if (offset + 4 > blob.length) return undefined;
  const next = offset + 4 + blob.readUInt32BE(offset);
  return next > blob.length ? undefined : { value: blob.subarray(offset + 4, next), next };
}

export function writeString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The type at the beginning of a public key; undefined if there is none. */
export function keyType(publicKey: Buffer): string | undefined {
  const type = readString(publicKey, 0)?.value.toString("latin1");
  return type !== undefined && /^[a-zA-Z0-9@.-]{1,64}$/.test(type) ? type : undefined;
}

/** In the notation of ssh and ssh-keygen -l. */
export function opensshFingerprint(publicKey: Buffer): string {
  return `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace(/=+$/, "")}`;
}
