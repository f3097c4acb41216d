import { type KeyObject, X509Certificate } from "node:crypto";
import { derOf } from "../pem.ts";
import { failure, type Result, success } from "../result.ts";
import { type CertificateParts, partsOf, readCertificateParts } from "./certificate-parts.ts";
import { policiesHold } from "./certificate-policies.ts";
import { keyProblem, publicKeyOf } from "./key-kinds.ts";
import { forbiddenName } from "./name-constraints.ts";

/** Says why a chain is not valid. */
export interface ChainProblem {
  readonly kind: "untrusted" | "expired" | "notYetValid" | "usage" | "constrained" | "weak" | "malformed";
  /** The certificate with the problem. The first one that was presented is the server's own. */
  readonly certificate: X509Certificate;
  /** Says what is wrong in words that follow `it`; empty if `kind` says everything. */
  readonly why: string;
}

interface Link {
  readonly certificate: X509Certificate;
  readonly parts: CertificateParts;
}

/** Object identifiers in hexadecimal. */
const SERVER_AUTH = "2b06010505070301";
const ANY_USAGE = "551d2500";

/** Limits the work for a hostile chain. Verifying a signature of an 8192-bit RSA key takes less than a millisecond. */
const MAX_SIGNATURES = 50;
const MAX_COMPARISONS = 100_000;

/**
 * Verifies a server's certificates like Verify of Go's crypto/x509 does for Docker's client: it tries every path from
 * the leaf to a trusted certificate. Returns the valid chain, from the leaf to the trusted certificate. Never throws
 * for foreign bytes. The name of the server is checked elsewhere.
 * @param presented the certificates that the server sent, its own first
 * @param trusted PEM texts of one certificate each
 * @param now wall-clock milliseconds
 */
export function verifyChain(
  presented: readonly [X509Certificate, ...X509Certificate[]],
  trusted: readonly string[],
  now: number,
): Result<readonly X509Certificate[], ChainProblem> {
  const links: Link[] = [];
  for (const certificate of presented) {
    const parts = partsOf(certificate);
    if (parts === undefined) return failure({ kind: "malformed", certificate, why: "is not encoded as it should be" });
    links.push({ certificate, parts });
  }
  const [leaf, ...intermediates] = links;
  if (leaf === undefined) throw new RangeError("nothing was presented");
  return new ChainSearch(intermediates, trusted, now).from(leaf);
}

/** A trusted certificate, which is parsed when a chain first needs it. */
interface TrustedCertificate {
  readonly der: Buffer;
  link?: Link | undefined;
}

/** Read once, because the same list verifies the servers of a whole fleet, and the system's has some hundred. */
const READ = new WeakMap<readonly string[], readonly TrustedCertificate[]>();

function read(trusted: readonly string[]): readonly TrustedCertificate[] {
  const known = READ.get(trusted);
  if (known !== undefined) return known;
  const certificates = trusted.map((pem) => ({ der: derOf(pem) }));
  READ.set(trusted, certificates);
  return certificates;
}

function linkOf(der: Buffer): Link | undefined {
  const parts = readCertificateParts(der);
  const certificate = parts === undefined ? undefined : parse(der);
  return parts === undefined || certificate === undefined ? undefined : { certificate, parts };
}

class ChainSearch {
  readonly #intermediates: readonly Link[];
  readonly #trusted: readonly TrustedCertificate[];
  readonly #now: number;
  #signatures = 0;
  #comparisons = 0;
  /** The first problem that was found. */
  #problem: ChainProblem | undefined;

  constructor(intermediates: readonly Link[], trusted: readonly string[], now: number) {
    this.#intermediates = intermediates;
    this.#trusted = read(trusted);
    this.#now = now;
  }

  from(leaf: Link): Result<readonly X509Certificate[], ChainProblem> {
    const invalid = this.#validity(leaf) ?? pathProblem(leaf, 0);
    if (invalid !== undefined) return failure(invalid);
    const isTrusted = this.#trusted.some(({ der }) => der.equals(leaf.certificate.raw));
    const chain = isTrusted ? this.#accept([leaf]) : this.#build([leaf]);
    if (chain !== undefined) return success(chain.map(({ certificate }) => certificate));
    return failure(this.#problem ?? { kind: "untrusted", certificate: leaf.certificate, why: "" });
  }

  /** Finds the first valid chain that begins with these links. */
  #build(chain: readonly [Link, ...Link[]]): readonly Link[] | undefined {
    const child = chain.at(-1) ?? chain[0];
    for (const parent of byKeyId(child, this.#rootsNamed(child.parts.issuer))) {
      if (!this.#mayFollow(chain, child, parent, true)) continue;
      const accepted = this.#accept([...chain, parent]);
      if (accepted !== undefined) return accepted;
    }
    const named = this.#intermediates.filter(({ parts }) => parts.subject.equals(child.parts.issuer));
    for (const parent of byKeyId(child, named)) {
      if (!this.#mayFollow(chain, child, parent, false)) continue;
      const found = this.#build([...chain, parent]);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #rootsNamed(name: Buffer): readonly Link[] {
    return this.#trusted.flatMap((trusted) => {
      // A certificate contains its subject unchanged, so one without these bytes need not be parsed.
      if (!trusted.der.includes(name)) return [];
      trusted.link ??= linkOf(trusted.der);
      return trusted.link?.parts.subject.equals(name) === true ? [trusted.link] : [];
    });
  }

  #mayFollow(chain: readonly Link[], child: Link, parent: Link, isRoot: boolean): boolean {
    if (chain.some((link) => isSame(link, parent))) return false;
    if (++this.#signatures > MAX_SIGNATURES) return false;
    const problem = issuerProblem(child, parent, isRoot) ?? this.#validity(parent) ?? pathProblem(parent, chain.length);
    this.#problem ??= problem;
    return problem === undefined;
  }

  #accept(chain: readonly Link[]): readonly Link[] | undefined {
    const problem = this.#chainProblem(chain);
    this.#problem ??= problem;
    return problem === undefined ? chain : undefined;
  }

  #validity({ certificate, parts }: Link): ChainProblem | undefined {
    const problem = (kind: ChainProblem["kind"], why: string) => ({ kind, certificate, why });
    if (parts.extensions.hasUnknownCritical === true) {
      return problem("malformed", "has a critical extension that is not known");
    }
    if (this.#now < parts.notBefore) return problem("notYetValid", "");
    return this.#now > parts.notAfter ? problem("expired", "") : undefined;
  }

  #chainProblem(chain: readonly Link[]): ChainProblem | undefined {
    const [leaf] = chain;
    if (leaf === undefined) return undefined;
    if (!policiesHold(chain.map(({ parts }) => parts))) {
      return { kind: "usage", certificate: leaf.certificate, why: "names no certificate policy that its CAs demand" };
    }
    const unfit = chain.find(({ parts: { extensions } }) => !isForServers(extensions.usages));
    if (unfit !== undefined) {
      return { kind: "usage", certificate: unfit.certificate, why: "is not meant for servers" };
    }
    for (const [depth, { certificate, parts }] of chain.entries()) {
      const { names } = parts.extensions;
      for (const above of names === undefined ? [] : chain.slice(depth + 1)) {
        const { constraints } = above.parts.extensions;
        if (names === undefined || constraints === undefined) continue;
        const forbidden = forbiddenName(names, constraints, (count) => this.#spend(count));
        if (forbidden !== undefined) return { kind: "constrained", certificate, why: forbidden };
      }
    }
    return undefined;
  }

  #spend(comparisons: number): boolean {
    this.#comparisons += comparisons;
    return this.#comparisons <= MAX_COMPARISONS;
  }
}

/** Says why a certificate cannot have issued another one, although it has the name of its issuer. */
function issuerProblem(child: Link, parent: Link, isRoot: boolean): ChainProblem | undefined {
  const { version, extensions } = parent.parts;
  const { basicConstraints, mayCertify } = extensions;
  const problem = (kind: ChainProblem["kind"], why: string) => ({ kind, certificate: parent.certificate, why });
  const isCa = basicConstraints?.ca ?? (isRoot && version < 3);
  if (!isCa) return problem("usage", "is not a CA");
  if (mayCertify === false) return problem("usage", "may not issue certificates: its key usage lacks keyCertSign");
  const { signature } = child.parts;
  if (signature !== "sound") {
    const why = signature === "weak" ? "is signed with SHA-1 or MD5" : "is signed in a way that Docker does not take";
    return { kind: signature === "weak" ? "weak" : "malformed", certificate: child.certificate, why };
  }
  const key = publicKeyOf(parent.certificate);
  const unfit = key === undefined ? "has a key of an unknown kind" : keyProblem(key);
  if (key === undefined || unfit !== undefined) return problem("malformed", unfit ?? "");
  return hasSigned(key, child.certificate) ? undefined : { kind: "untrusted", certificate: child.certificate, why: "" };
}

function pathProblem({ certificate, parts }: Link, chainLength: number): ChainProblem | undefined {
  const { pathLength } = parts.extensions.basicConstraints ?? {};
  if (pathLength === undefined || chainLength - 1 <= pathLength) return undefined;
  return { kind: "usage", certificate, why: `allows only ${pathLength} CAs below it` };
}

function isForServers(usages: readonly string[] | undefined): boolean {
  return usages === undefined || usages.length === 0 || usages.includes(SERVER_AUTH) || usages.includes(ANY_USAGE);
}

/** Sorts parents with the matching key identifier first, so that most chains need one signature per link. */
function byKeyId({ parts }: Link, parents: readonly Link[]): readonly Link[] {
  const { authorityKeyId } = parts.extensions;
  const isMeant = ({ parts: { extensions } }: Link) =>
    authorityKeyId !== undefined && extensions.subjectKeyId?.equals(authorityKeyId) === true;
  return parents.toSorted((one, other) => Number(isMeant(other)) - Number(isMeant(one)));
}

/** Whether two certificates belong to the same CA, so that cross-signed certificates do not lead into a loop. */
function isSame({ parts: one }: Link, { parts: other }: Link): boolean {
  const [names, otherNames] = [one.extensions.namesDer, other.extensions.namesDer];
  return (
    one.subject.equals(other.subject) &&
    one.publicKey.equals(other.publicKey) &&
    (names === undefined ? otherNames === undefined : otherNames !== undefined && names.equals(otherNames))
  );
}

function hasSigned(key: KeyObject, certificate: X509Certificate): boolean {
  try {
    return certificate.verify(key);
  } catch {
    // The kind of the key does not match that of the signature.
    return false;
  }
}

function parse(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}
