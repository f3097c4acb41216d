import type { Failure } from "../api/failure.ts";
import { HeldTooLong } from "../common/byte-budget.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { DialDenied } from "../common/dial-guard.ts";
import { formatDuration } from "../common/duration.ts";
import { errorCode } from "../common/error-code.ts";
import { foreignText } from "../common/foreign-text.ts";
import { isSelfSigned } from "../common/x509/signed-by.ts";
import { ChainRefused } from "./chain-check.ts";
import { UnknownEncoding } from "./content-encoding.ts";
import { ProxyFailed } from "./proxy-agent.ts";
import { type RegistryReason, registryFailure } from "./registry-failure.ts";

type Row = readonly [reason: RegistryReason, problem: string, next?: string];

const UNTRUSTED: Row = ["RegistryCertificateUntrusted", "its certificate is signed by an unknown authority"];
const SELF_SIGNED: Row = ["RegistryCertificateUntrusted", "its certificate is self-signed"];
const UNREAD: Row = [
  "RegistryCertificateUntrusted",
  "its certificate is not signed by a trusted CA itself, and the certificates of CAs that it sends were not read, because it, or all registries of the namespace, has sent too many new ones in the last 24 hours",
];
const EXPIRED: Row = ["RegistryCertificateExpired", "its certificate, or a CA above it, has expired"];
const NOT_YET_VALID: Row = ["RegistryCertificateNotYetValid", "its certificate, or a CA above it, is not valid yet"];
const NOT_FOR_SERVERS: Row = [
  "RegistryCertificateInvalid",
  "its certificate, or a CA above it, is not meant for servers",
];
const WEAK: Row = ["RegistryCertificateInvalid", "its certificate has a key or a signature that is too weak"];
const NO_NAME: Row = ["RegistryNameResolutionFailed", "its name cannot be resolved"];
const CUT: Row = ["RegistryUnreachable", "the connection was cut"];
const NOT_TLS: Row = ["RegistryNotTLS", "it does not speak TLS on this port"];

const REISSUE =
  "Issue the registry's certificate for servers (serverAuth), from a CA that may issue it; `docker pull` refuses this one, too.";
/** The maximum length of a name in a certificate from outside. */
const MAX_NAME = 120;

const CHECK_PROXY =
  "Check --registry-proxy, its credentials, and what the proxy allows, or list the host in --registry-no-proxy.";
const TOO_SLOW = "it sends its answer so slowly that others waited for the memory that the answer takes";
const UNREADABLE = "it compresses its answers, which was not asked for, in a way that cannot be read";

/** The keys are the `code` of Node's errors. */
const BY_CODE: Readonly<Record<string, Row>> = {
  ECONNREFUSED: ["RegistryUnreachable", "the connection was refused"],
  EHOSTUNREACH: ["RegistryUnreachable", "there is no route to it"],
  ENETUNREACH: ["RegistryUnreachable", "there is no route to it"],
  EADDRNOTAVAIL: ["RegistryUnreachable", "there is no route to it"],
  ECONNRESET: CUT,
  EPIPE: CUT,
  ETIMEDOUT: ["RegistryTimedOut", "it does not answer"],
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET_VALID,
  ERR_TLS_CERT_ALTNAME_INVALID: ["RegistryNameMismatch", "its certificate does not list this name"],
  INVALID_PURPOSE: NOT_FOR_SERVERS,
  INVALID_CA: NOT_FOR_SERVERS,
  PATH_LENGTH_EXCEEDED: NOT_FOR_SERVERS,
  CA_MD_TOO_WEAK: WEAK,
  CA_KEY_TOO_SMALL: WEAK,
  EE_KEY_TOO_SMALL: WEAK,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
};

/** TLS alerts with which a server refuses a client certificate, or the lack of one. */
const CLIENT_CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 116]);

/**
 * Explains the error of a request to a registry. The address that refused the connection is left out, so that the same
 * cause always gives the same text.
 * @param showedPair whether a client certificate was available for the request
 */
export function classifyError(error: unknown, host: string, showedPair: boolean): Failure {
  if (error instanceof DeadlineExceeded) {
    return registryFailure("RegistryTimedOut", host, `no answer within ${formatDuration(error.ms)}`, error);
  }
  if (error instanceof HeldTooLong) return registryFailure("RegistryTimedOut", host, TOO_SLOW, error);
  if (error instanceof ProxyFailed) {
    return registryFailure("RegistryUnreachable", host, error.message, error, CHECK_PROXY);
  }
  if (error instanceof DialDenied) return registryFailure("RegistryDenied", host, error.message, error);
  if (error instanceof UnknownEncoding) return registryFailure("RegistryBadResponse", host, UNREADABLE, error);
  const refusal = refusalOf(error);
  const { code, message } = describe(error);
  const row = refusal === undefined ? (alertRow(message, showedPair) ?? rowOf(code, message)) : chainRow(refusal);
  const [reason, problem, next] = row;
  return registryFailure(reason, host, problem, error, next);
}

/**
 * Our own verification says more than OpenSSL's, which calls every certificate self-signed that has its issuer's name.
 */
function refusalOf(error: unknown): ChainRefused | undefined {
  if (error instanceof ChainRefused) return error;
  return error instanceof Error && error.cause instanceof ChainRefused ? error.cause : undefined;
}

function chainRow({ problem, isOwn, isPartial }: ChainRefused): Row {
  const whose = isOwn ? "its certificate" : "a CA above its certificate";
  switch (problem?.kind) {
    case "untrusted":
      if (isSelfSigned(problem.certificate) && isOwn) return SELF_SIGNED;
      return isPartial ? UNREAD : UNTRUSTED;
    case "expired":
      return EXPIRED;
    case "notYetValid":
      return NOT_YET_VALID;
    case "constrained":
      return [
        "RegistryCertificateInvalid",
        `the name constraints of a CA do not allow ${foreignText(problem.why, MAX_NAME)} in ${whose}`,
        "Issue the registry's certificate for names that its CAs allow, or from a CA without these constraints.",
      ];
    case "weak":
      return WEAK;
    case "usage":
    case "malformed":
      return ["RegistryCertificateInvalid", `${whose} ${problem.why}`, REISSUE];
    case undefined:
      return ["RegistryCertificateInvalid", "its certificate cannot be read", REISSUE];
  }
}

function alertRow(message: string, showedPair: boolean): Row | undefined {
  const alert = Number(/SSL alert number (\d+)/.exec(message)?.[1]);
  if (Number.isNaN(alert)) return undefined;
  if (!CLIENT_CERTIFICATE_ALERTS.has(alert)) {
    return ["RegistryTLSFailed", `it ended the TLS handshake with alert ${alert}`];
  }
  return showedPair
    ? ["RegistryClientCertificateRejected", `it rejected the client certificate (TLS alert ${alert})`]
    : ["RegistryClientCertificateRequired", `it demands a client certificate (TLS alert ${alert})`];
}

function rowOf(code: string, message: string): Row {
  const row = BY_CODE[code];
  if (row !== undefined) return row;
  if (/^(?:Z|ERR_BROTLI|ERR__ERROR)_/.test(code) || /^Decompression failed/.test(message)) {
    return ["RegistryBadResponse", UNREADABLE];
  }
  if (code.startsWith("HPE_")) return ["RegistryBadResponse", "it does not speak HTTP"];
  // Only the text of OpenSSL's error shows that a signature is too weak.
  if (/digest algorithm too weak|key too (?:weak|small)/i.test(message)) return WEAK;
  if (code === "UNSPECIFIED") {
    // For example `permitted subtree violation`.
    return [
      "RegistryCertificateInvalid",
      `OpenSSL refuses its certificate (${foreignText(message, MAX_NAME)})`,
      REISSUE,
    ];
  }
  if (/wrong version number|packet length too long/i.test(message)) return NOT_TLS;
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return ["RegistryTLSFailed", "the TLS handshake failed"];
  return ["RegistryUnreachable", `the request failed${code === "" ? "" : ` (${code})`}`];
}

/**
 * If there are several addresses, Node reports an AggregateError without a message; its first error is used for all.
 */
function describe(error: unknown): { readonly code: string; readonly message: string } {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  const subject: unknown = inner ?? error;
  if (!(subject instanceof Error)) return { code: "", message: "" };
  return { code: errorCode(subject) ?? "", message: subject.message };
}
