import type { X509Certificate } from "node:crypto";
import type { Advice } from "../api/surface.ts";
import { shorten } from "../common/shorten.ts";
import { isSelfSigned } from "../common/x509/signed-by.ts";
import type { ChainProblem } from "../common/x509/verify-chain.ts";
import { certificateFacts, issuerOf, subjectOf } from "./certificate.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { RefusedServer } from "./server-trust.ts";

const SERVERS = "the server's certificate";

/** Reading them takes memory that Node does not give back. */
const UNREAD =
  "; the certificates of CAs that it sends were not read, because this server, or all of its namespace, has sent too many new ones in the last 24 hours";

const USE_ROOTS: Advice = {
  object: "If it is the right server, set spec.tls.systemRoots to true.",
  flags:
    "If it is the right server, leave out the CA: do not use --tlscacert, or remove ca.pem from the certificate folder.",
};

/** What our own verification found wrong with a chain. */
export function diagnoseProblem(problem: ChainProblem, server: RefusedServer | undefined): Diagnosis {
  const whose = nameIn(server, problem.certificate);
  switch (problem.kind) {
    case "untrusted":
      return untrusted(server);
    case "expired":
    case "notYetValid":
      return outOfDate(problem.kind, problem.certificate, whose);
    case "usage":
      return { reason: "ServerCertificateUsageInvalid", why: `${whose} ${problem.why}` };
    case "weak":
      return { reason: "ServerCertificateTooWeak", why: `${whose} ${problem.why}` };
    case "malformed":
      return { reason: "ServerCertificateMalformed", why: `${whose} ${problem.why}` };
    case "constrained":
      return {
        reason: "ServerCertificateNotPermitted",
        why: `the name constraints of a CA do not allow ${shorten(problem.why)} in ${whose}`,
      };
  }
}

/** Names the issuer of the last certificate that was sent, which is the missing CA. */
export function untrusted(server: RefusedServer | undefined): Diagnosis {
  const reason = "ServerCertificateUntrusted";
  if (server === undefined) return { reason, why: `${SERVERS} was not issued by a CA that is trusted for it` };
  if (server.problem === undefined) {
    return { reason, why: `OpenSSL does not find the way from ${SERVERS} to the trusted CA, although there is one` };
  }
  const { leaf, above } = server.chain;
  const last = above.at(-1) ?? leaf;
  if (last === leaf && isSelfSigned(leaf)) {
    return { reason: "ServerCertificateSelfSigned", why: `${SERVERS} is self-signed` };
  }
  const ca = quoted(isSelfSigned(last) ? subjectOf(last) : issuerOf(last));
  const link =
    above.length === 0 ? "" : `, through ${above.length === 1 ? "one CA" : `${above.length} CAs`} that it sends`;
  const why = `${SERVERS} was issued by ${ca}${link}, which is not among the trusted CAs${server.isPartial ? UNREAD : ""}`;
  return server.trustedByRoots
    ? { reason, why: `${why}, but the system's roots trust it`, next: USE_ROOTS }
    : { reason, why };
}

/** OpenSSL does not say which certificate it means, but our own verification does. */
export function diagnoseDates(kind: "expired" | "notYetValid", server: RefusedServer | undefined): Diagnosis {
  const problem = server?.problem;
  if (problem?.kind === kind) return outOfDate(kind, problem.certificate, nameIn(server, problem.certificate));
  return kind === "expired"
    ? { reason: "ServerCertificateExpired", why: `${SERVERS}, or a CA above it, has expired` }
    : { reason: "ServerCertificateNotYetValid", why: `${SERVERS}, or a CA above it, is not valid yet` };
}

function outOfDate(kind: "expired" | "notYetValid", certificate: X509Certificate, whose: string): Diagnosis {
  const { notBefore, notAfter } = certificateFacts(certificate);
  return kind === "expired"
    ? { reason: "ServerCertificateExpired", why: `${whose} expired on ${notAfter}` }
    : { reason: "ServerCertificateNotYetValid", why: `${whose} is not valid before ${notBefore}` };
}

function nameIn(server: RefusedServer | undefined, certificate: X509Certificate): string {
  const subject = subjectOf(certificate);
  const isLeaf = server?.chain.leaf.fingerprint256 === certificate.fingerprint256;
  if (isLeaf) return subject === "" ? SERVERS : `${SERVERS} ${quoted(subject)}`;
  return `the CA ${quoted(subject)} of ${SERVERS}`;
}

function quoted(name: string): string {
  return name === "" ? "a CA without a name" : `"${shorten(name)}"`;
}
