import { isUtf8 } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import { constructed, DerReader, MalformedDer, primitive, TAG } from "./der.ts";
import { type AlternativeNames, readAlternativeNames } from "./general-names.ts";
import { type NameConstraints, readNameConstraints } from "./name-constraints.ts";
import { type SignatureKind, signatureKind } from "./signature-kind.ts";

/** The parts of a certificate that decide whether a chain is valid, as Go's crypto/x509 reads them. */
export interface CertificateParts {
  readonly version: number;
  /** The name in DER. Two names are equal if their bytes are. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  /** Wall-clock milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signature: SignatureKind;
  readonly extensions: Extensions;
}

export interface Extensions {
  basicConstraints?: { readonly ca: boolean; readonly pathLength?: number };
  mayCertify?: boolean;
  /** Extended key usages as object identifiers in hexadecimal. */
  usages?: readonly string[];
  names?: AlternativeNames;
  /** The encoded alternative names. */
  namesDer?: Buffer;
  constraints?: NameConstraints;
  subjectKeyId?: Buffer;
  authorityKeyId?: Buffer;
  /** Certificate policies, and those that a CA maps to others, as object identifiers in hexadecimal. */
  policies?: readonly string[];
  mappedPolicies?: readonly string[];
  /** The number of certificates below this one after which a policy is required, or anyPolicy no longer counts. */
  requireExplicitPolicy?: number;
  inhibitAnyPolicy?: number;
  /** Whether a critical extension is unknown. */
  hasUnknownCritical?: boolean;
}

/**
 * Reads a certificate as strictly as Go does. Returns undefined if Go refuses it. Never throws, and takes linear time.
 */
export function readCertificateParts(der: Buffer): CertificateParts | undefined {
  try {
    return read(der);
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

const PARTS = new WeakMap<X509Certificate, CertificateParts | undefined>();

/** Reads a certificate once, no matter how many rules it is checked by. */
export function partsOf(certificate: X509Certificate): CertificateParts | undefined {
  if (PARTS.has(certificate)) return PARTS.get(certificate);
  const parts = readCertificateParts(certificate.raw);
  PARTS.set(certificate, parts);
  return parts;
}

function read(der: Buffer): CertificateParts {
  const outer = new DerReader(der);
  const certificate = outer.enter(TAG.sequence);
  if (!outer.isEmpty) throw new MalformedDer("trailing data");
  const body = certificate.enter(TAG.sequence);
  const version = 1 + (body.isNext(constructed(0)) ? body.enter(constructed(0)).count() : 0);
  if (version > 3) throw new MalformedDer("version");
  body.integer();
  const algorithm = body.read(TAG.sequence);
  if (!certificate.read(TAG.sequence).equals(algorithm)) throw new MalformedDer("two algorithms");
  const issuer = body.element(TAG.sequence);
  readName(issuer.content);
  const validity = body.enter(TAG.sequence);
  const [notBefore, notAfter] = [readTime(validity), readTime(validity)];
  const subject = body.element(TAG.sequence);
  readName(subject.content);
  const publicKey = body.element(TAG.sequence);
  readPublicKey(new DerReader(publicKey.content));
  if (version > 1) {
    body.optional(primitive(1));
    body.optional(primitive(2));
  }
  const extensions = version === 3 && body.isNext(constructed(3)) ? readExtensions(body.enter(constructed(3))) : {};
  certificate.bitString();
  return {
    version,
    issuer: issuer.whole,
    subject: subject.whole,
    publicKey: publicKey.whole,
    notBefore,
    notAfter,
    signature: signatureKind(algorithm),
    extensions,
  };
}

const RSA_KEY = "2a864886f70d010101";
const EC_KEY = "2a8648ce3d0201";
const ED25519_KEY = "2b6570";
const NULL = Buffer.from([TAG.null, 0]);

/** Refuses encodings of keys that OpenSSL, which reads the key itself, accepts but Go does not. */
function readPublicKey(reader: DerReader): void {
  const algorithm = reader.enter(TAG.sequence);
  const oid = algorithm.oid();
  const parameters = algorithm.isEmpty ? undefined : algorithm.any().whole;
  const [first] = reader.bitString();
  const isPlain =
    oid === RSA_KEY
      ? parameters?.equals(NULL) === true
      : oid === EC_KEY
        ? first === 4
        : oid !== ED25519_KEY || parameters === undefined;
  if (!isPlain) throw new MalformedDer("public key");
}

function readTime(reader: DerReader): number {
  const isShort = reader.isNext(TAG.utcTime);
  const text = reader.read(isShort ? TAG.utcTime : TAG.generalizedTime).toString("latin1");
  const [, year = "", ...rest] =
    (isShort ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(text) ?? [];
  const fullYear = isShort ? (Number(year) < 50 ? `20${year}` : `19${year}`) : year;
  const [month, day, hour, minute, second] = rest;
  const time = `${fullYear}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const ms = Date.parse(time);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== time) throw new MalformedDer("time");
  return ms;
}

/** String types by tag, with a check of the bytes that each may contain. */
const TEXTS: ReadonlyMap<number, (bytes: Buffer) => boolean> = new Map([
  [0x0c, (bytes: Buffer) => isUtf8(bytes)],
  [0x12, (bytes: Buffer) => /^[0-9 ]*$/.test(bytes.toString("latin1"))],
  [0x13, (bytes: Buffer) => /^[A-Za-z0-9'()+,\-./ :=?*&]*$/.test(bytes.toString("latin1"))],
  [0x14, () => true],
  [0x16, (bytes: Buffer) => bytes.every((byte) => byte < 0x80)],
  [0x1e, (bytes: Buffer) => bytes.length % 2 === 0],
]);

function readName(content: Buffer): void {
  const name = new DerReader(content);
  while (!name.isEmpty) {
    const set = name.enter(TAG.set);
    while (!set.isEmpty) {
      const attribute = set.enter(TAG.sequence);
      attribute.oid();
      const { tag, content: value } = attribute.any();
      if (TEXTS.get(tag)?.(value) !== true) throw new MalformedDer("name");
    }
  }
}

/** Readers of extensions, by object identifier in hexadecimal. */
const READERS: Readonly<Record<string, (value: DerReader, isCritical: boolean, whole: Buffer) => Extensions>> = {
  // Key usage
  "551d0f": (value) => {
    const [bits = 0, more = 0] = value.bitString();
    // If no bit is set, the extension restricts nothing.
    return { mayCertify: (bits | (more & 0x80)) === 0 || (bits & 0x04) !== 0 };
  },
  // Basic constraints
  "551d13": (value) => {
    const content = value.enter(TAG.sequence);
    const ca = content.isNext(TAG.boolean) && content.boolean();
    return { basicConstraints: { ca, ...(content.isNext(TAG.integer) ? { pathLength: content.count() } : {}) } };
  },
  // Subject alternative name
  "551d11": (value, isCritical, whole) => {
    const names = readAlternativeNames(value);
    const isEmpty = [names.dns, names.email, names.uri, names.ip].every((each) => each.length === 0);
    return { names, namesDer: whole, hasUnknownCritical: isEmpty && isCritical };
  },
  // Name constraints
  "551d1e": (_value, isCritical, whole) => {
    const constraints = readNameConstraints(whole);
    return { constraints, hasUnknownCritical: constraints.hasOtherKinds && isCritical };
  },
  // CRL distribution points
  "551d1f": (value) => {
    const points = value.enter(TAG.sequence);
    while (!points.isEmpty) {
      const point = points.enter(TAG.sequence);
      const name = point.optional(constructed(0));
      if (name === undefined) continue;
      const full = new DerReader(name).enter(constructed(0));
      while (full.isNext(primitive(6))) full.read(primitive(6));
    }
    return {};
  },
  // Authority key identifier
  "551d23": (value, isCritical) => {
    if (isCritical) throw new MalformedDer("critical");
    const content = value.enter(TAG.sequence);
    const authorityKeyId = content.optional(primitive(0));
    return authorityKeyId === undefined ? {} : { authorityKeyId };
  },
  // Policy constraints
  "551d24": (value) => {
    const content = value.enter(TAG.sequence);
    const explicit = content.isNext(primitive(0)) ? content.count(primitive(0)) : undefined;
    if (content.isNext(primitive(1))) content.count(primitive(1));
    return explicit === undefined ? {} : { requireExplicitPolicy: explicit };
  },
  // Extended key usage
  "551d25": (value) => ({ usages: readAll(value.enter(TAG.sequence), (list) => list.oid()) }),
  // Subject key identifier
  "551d0e": (value, isCritical) => {
    if (isCritical) throw new MalformedDer("critical");
    return { subjectKeyId: value.read(TAG.octetString) };
  },
  // Certificate policies
  "551d20": (value) => {
    const policies = readAll(value.enter(TAG.sequence), (list) => list.enter(TAG.sequence).oid());
    if (new Set(policies).size < policies.length) throw new MalformedDer("policies");
    return { policies };
  },
  // Policy mappings
  "551d21": (value) => {
    const mappings = readAll(value.enter(TAG.sequence), (list) => {
      const mapping = list.enter(TAG.sequence);
      return [mapping.oid(), mapping.oid()];
    });
    return { mappedPolicies: mappings.flat() };
  },
  // Inhibit any policy
  "551d36": (value) => ({ inhibitAnyPolicy: value.count() }),
  // Authority information access
  "2b06010505070101": (value, isCritical) => {
    if (isCritical) throw new MalformedDer("critical");
    readAll(value.enter(TAG.sequence), (list) => {
      const access = list.enter(TAG.sequence);
      access.oid();
      return access.optional(primitive(6));
    });
    return {};
  },
};

function readExtensions(reader: DerReader): Extensions {
  const list = reader.enter(TAG.sequence);
  const extensions: Extensions = {};
  const seen = new Set<string>();
  while (!list.isEmpty) {
    const extension = list.enter(TAG.sequence);
    const oid = extension.oid();
    if (seen.has(oid)) throw new MalformedDer("an extension twice");
    seen.add(oid);
    const isCritical = extension.isNext(TAG.boolean) && extension.boolean();
    const value = extension.read(TAG.octetString);
    const reader = Object.hasOwn(READERS, oid) ? READERS[oid] : undefined;
    const read = reader?.(new DerReader(value), isCritical, value) ?? { hasUnknownCritical: isCritical };
    const hasUnknownCritical = extensions.hasUnknownCritical === true || read.hasUnknownCritical === true;
    Object.assign(extensions, read, { hasUnknownCritical });
  }
  return extensions;
}

function readAll<T>(list: DerReader, item: (list: DerReader) => T): readonly T[] {
  const items: T[] = [];
  while (!list.isEmpty) items.push(item(list));
  return items;
}
