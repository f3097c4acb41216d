import { constructed, DerReader, MalformedDer, TAG } from "./der.ts";

/** `weak` signatures use SHA-1 or MD5; `unknown` ones use an algorithm that Docker's client does not support. */
export type SignatureKind = "sound" | "weak" | "unknown";

/** Object identifiers in hexadecimal of RSA and ECDSA with SHA-256, SHA-384 and SHA-512. */
const SOUND = [
  ...["0b", "0c", "0d"].map((hash) => `2a864886f70d0101${hash}`),
  ...["02", "03", "04"].map((hash) => `2a8648ce3d0403${hash}`),
];
/** Object identifiers of RSA with MD5 and SHA-1, and of ECDSA with SHA-1. */
const WEAK = ["2a864886f70d010104", "2a864886f70d010105", "2b0e03021d", "2a8648ce3d0401"];
const ED25519 = "2b6570";
const RSA_PSS = "2a864886f70d01010a";
const MGF1 = "2a864886f70d010108";
/** SHA-256, SHA-384 and SHA-512, with the required length of the salt. */
const PSS_HASHES: Readonly<Record<string, number>> = {
  "608648016503040201": 32,
  "608648016503040202": 48,
  "608648016503040203": 64,
};

/** @param identifier the content of an AlgorithmIdentifier in DER */
export function signatureKind(identifier: Buffer): SignatureKind {
  const reader = new DerReader(identifier);
  const oid = reader.oid();
  const parameters = reader.isEmpty ? undefined : reader.any().whole;
  if (WEAK.includes(oid)) return "weak";
  if (oid === ED25519) return parameters === undefined ? "sound" : "unknown";
  if (oid === RSA_PSS) return parameters !== undefined && isSupportedPss(parameters) ? "sound" : "unknown";
  return SOUND.includes(oid) ? "sound" : "unknown";
}

/** Requires the same hash for both uses, and a salt of the same length. */
function isSupportedPss(parameters: Buffer): boolean {
  try {
    const content = new DerReader(parameters).enter(TAG.sequence);
    const hash = readHash(content.enter(constructed(0)));
    const mask = content.enter(constructed(1)).enter(TAG.sequence);
    const isMgf1 = mask.oid() === MGF1 && readHash(mask) === hash;
    const salt = content.enter(constructed(2)).count();
    const trailer = content.isNext(constructed(3)) ? content.enter(constructed(3)).count() : 1;
    return isMgf1 && Object.hasOwn(PSS_HASHES, hash) && PSS_HASHES[hash] === salt && trailer === 1;
  } catch (error) {
    if (error instanceof MalformedDer) return false;
    throw error;
  }
}

function readHash(reader: DerReader): string {
  const identifier = reader.enter(TAG.sequence);
  const oid = identifier.oid();
  if (!identifier.isEmpty && identifier.read(TAG.null).length > 0) throw new MalformedDer("parameters of a hash");
  return oid;
}
