import type { KeyObject, X509Certificate } from "node:crypto";

/** The curves that Go's crypto/x509 supports. */
const CURVES = ["prime256v1", "secp384r1", "secp521r1", "secp224r1"];
/** The length that NIST and the public CAs require. */
const SOUND_RSA_BITS = 2048;

/**
 * Says why Docker, which is written in Go, does not support a key; undefined if it does. OpenSSL supports far more
 * kinds.
 */
export function unsupportedKind(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = key;
  switch (type) {
    case "rsa":
    case "ed25519":
      return undefined;
    case "ec":
      return CURVES.includes(details?.namedCurve ?? "") ? undefined : "a curve other than those of NIST";
    default:
      return type;
  }
}

/** Go's crypto/tls accepts no longer RSA key from a server, and its crypto/rsa no shorter one. */
const MAX_RSA_BITS = 8192;
const MIN_RSA_BITS = 1024;
const MAX_RSA_EXPONENT = 2n ** 31n - 1n;

/** Says what is wrong with a key that is to verify a signature, in words that follow `it`; undefined if nothing is. */
export function keyProblem(key: KeyObject): string | undefined {
  const kind = unsupportedKind(key);
  if (kind !== undefined) return `has a key of another kind (${kind})`;
  const bits = rsaBits(key);
  if (bits > MAX_RSA_BITS) return `has an RSA key of more than ${MAX_RSA_BITS} bits`;
  if (bits > 0 && bits < MIN_RSA_BITS) return `has an RSA key of less than ${MIN_RSA_BITS} bits`;
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 3n;
  return exponent > MAX_RSA_EXPONENT ? "has an RSA key with an unusually large exponent" : undefined;
}

/** Returns the length of an RSA key, or 0 for another kind of key. */
export function rsaBits(key: KeyObject | undefined): number {
  return key?.asymmetricKeyType === "rsa" ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
}

/** Returns the length of an RSA key that is too short by today's standards. */
export function shortRsaBits(certificate: X509Certificate): number | undefined {
  const bits = rsaBits(publicKeyOf(certificate));
  return bits > 0 && bits < SOUND_RSA_BITS ? bits : undefined;
}

/** Returns undefined if OpenSSL itself does not know the kind of key. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}
