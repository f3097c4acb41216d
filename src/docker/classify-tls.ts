import { shorten } from "../common/shorten.ts";
import { NO_PATH_CODES } from "../common/x509/openssl-codes.ts";
import { diagnoseAlert, type Offer } from "./classify-alert.ts";
import { diagnoseDates, diagnoseProblem, untrusted } from "./diagnose-server-certificate.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { ServerIdentityError } from "./server-identity.ts";
import type { RefusedServer } from "./server-trust.ts";

/** What is known about a handshake that failed. */
export interface Handshake extends Offer {
  /** What the server showed, if it was to be verified. */
  readonly server?: RefusedServer | undefined;
}

const CLIENT_TOO_WEAK: Diagnosis = {
  reason: "ClientCertificateTooWeak",
  why: "the client certificate or its key is too weak",
};
/** OpenSSL's texts for a chain that does not lead to a trusted CA. */
const UNTRUSTED: readonly string[] = [...NO_PATH_CODES, "CERT_CHAIN_TOO_LONG"];

const NOT_FOR_SERVERS: Diagnosis = {
  reason: "ServerCertificateUsageInvalid",
  why: "the server's certificate or a CA above it is not meant for servers",
};

/** Codes of Node and OpenSSL. They were observed: a test provokes each. */
const CODES: Readonly<Record<string, Diagnosis>> = {
  INVALID_CA: NOT_FOR_SERVERS,
  PATH_LENGTH_EXCEEDED: NOT_FOR_SERVERS,
  INVALID_PURPOSE: NOT_FOR_SERVERS,
  ERR_SSL_EE_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_MD_TOO_WEAK: CLIENT_TOO_WEAK,
};

/** Returns undefined if the error is not about TLS. */
export function diagnoseTlsError(error: Error, code: string, handshake: Handshake): Diagnosis | undefined {
  const { server } = handshake;
  if (error instanceof ServerIdentityError) return diagnoseIdentity(error, server);
  // TLS 1.3 and 1.2 wrap an alert in different codes, but both contain its number.
  const alert = /SSL alert number (\d+)/.exec(error.message)?.[1];
  if (alert !== undefined) return diagnoseAlert(Number(alert), handshake);
  const problem = server?.problem;
  if (code === "CERT_HAS_EXPIRED") return diagnoseDates("expired", server);
  if (code === "CERT_NOT_YET_VALID") return diagnoseDates("notYetValid", server);
  if (UNTRUSTED.includes(code)) return problem === undefined ? untrusted(server) : diagnoseProblem(problem, server);
  const byCode = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (byCode === NOT_FOR_SERVERS && problem?.kind === "usage") return diagnoseProblem(problem, server);
  if (byCode !== undefined) return byCode;
  if (code === "UNSPECIFIED") return diagnoseVerification(error.message, server);
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return undefined;
  if (/wrong version number|(data|packet) length too long/.test(error.message)) {
    return { reason: "ServerNotTLS", why: "the server does not speak TLS on this port" };
  }
  return { reason: "TLSHandshakeFailed", why: `the TLS handshake failed (${opensslReason(error)})` };
}

/** OpenSSL's texts for problems of the server's chain for which Node has no code. */
function diagnoseVerification(words: string, server: RefusedServer | undefined): Diagnosis {
  // For example `EE certificate key too weak` or `CA signature digest algorithm too weak`.
  if (/too weak$/.test(words))
    return { reason: "ServerCertificateTooWeak", why: "the server's certificate is too weak" };
  if (words === "unhandled critical extension") {
    return {
      reason: "ServerCertificateMalformed",
      why: "the server's certificate has a critical extension that is not known",
    };
  }
  if (server?.problem !== undefined) return diagnoseProblem(server.problem, server);
  // For example `permitted subtree violation`.
  if (/subtree/.test(words)) {
    return {
      reason: "ServerCertificateNotPermitted",
      why: "the name constraints of a CA that it sends do not allow the common name or the e-mail address in the server's certificate",
    };
  }
  return { reason: "ServerCertificateUntrusted", why: `the server's certificate was refused (${shorten(words)})` };
}

function diagnoseIdentity(
  { code, message, problem }: ServerIdentityError,
  server: RefusedServer | undefined,
): Diagnosis {
  switch (code) {
    case "DOCKERHOST_NO_SAN":
      return { reason: "ServerCertificateNoSAN", why: "the server's certificate has no subject alternative names" };
    case "DOCKERHOST_NAME_MISMATCH":
      return { reason: "ServerNameMismatch", why: `the server's certificate is for ${shorten(message)}` };
    case "DOCKERHOST_CHAIN_REFUSED":
      return problem === undefined ? untrusted(server) : diagnoseProblem(problem, server);
    case "DOCKERHOST_CERTIFICATE_MALFORMED":
      return { reason: "ServerCertificateMalformed", why: `Docker cannot use the server's certificate: ${message}` };
  }
}

/**
 * Takes OpenSSL's text from `…:error:0A00009F:SSL routines:function:REASON:file:line`; the other parts change with each
 * run.
 */
function opensslReason({ message }: Error): string {
  return shorten(/error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message);
}
