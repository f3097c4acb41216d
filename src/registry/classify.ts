import type { Failure } from "../api/failure.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { DialDenied } from "../common/dial-guard.ts";
import { formatDuration } from "../common/duration.ts";
import { errorCode } from "../common/error-code.ts";
import { UnknownEncoding } from "./content-encoding.ts";
import { type RegistryReason, registryFailure } from "./failures.ts";

type Row = readonly [reason: RegistryReason, problem: string];

const UNTRUSTED: Row = ["RegistryCertificateUntrusted", "its certificate is signed by an unknown authority"];
const WEAK: Row = ["RegistryCertificateInvalid", "its certificate has a key or a signature that is too weak"];
const NO_NAME: Row = ["RegistryNameResolutionFailed", "its name cannot be resolved"];
const CUT: Row = ["RegistryUnreachable", "the connection was cut"];
const NOT_TLS: Row = ["RegistryNotTLS", "it does not speak TLS on this port"];

const UNREADABLE = "it compresses its answers, which was not asked for, in a way that cannot be read";

/** By `code` of Node's errors. */
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
  DEPTH_ZERO_SELF_SIGNED_CERT: ["RegistryCertificateUntrusted", "its certificate is self-signed"],
  CERT_HAS_EXPIRED: ["RegistryCertificateExpired", "its certificate, or a CA above it, has expired"],
  CERT_NOT_YET_VALID: ["RegistryCertificateNotYetValid", "its certificate is not valid yet"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["RegistryNameMismatch", "its certificate does not list this name"],
  INVALID_PURPOSE: ["RegistryCertificateInvalid", "its certificate is not meant for servers"],
  CA_MD_TOO_WEAK: WEAK,
  CA_KEY_TOO_SMALL: WEAK,
  EE_KEY_TOO_SMALL: WEAK,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
};

/** TLS alerts by which a server refuses a client certificate, or the lack of one. */
const CLIENT_CERTIFICATE_ALERTS: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 116]);

/**
 * What an error of a request to a registry means. `showedPair`: whether a client certificate was at hand for it.
 * The address that refused is left out, so that the same cause always gives the same text.
 */
export function classifyError(error: unknown, host: string, showedPair: boolean): Failure {
  if (error instanceof DeadlineExceeded) {
    return registryFailure("RegistryTimedOut", host, `no answer within ${formatDuration(error.ms)}`, error);
  }
  if (error instanceof DialDenied) return registryFailure("RegistryDenied", host, error.message, error);
  if (error instanceof UnknownEncoding) return registryFailure("RegistryBadResponse", host, UNREADABLE, error);
  const { code, message } = describe(error);
  const [reason, problem] = alertRow(message, showedPair) ?? rowOf(code, message);
  return registryFailure(reason, host, problem, error);
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
  // OpenSSL's verification tells weak signatures by text alone.
  if (/digest algorithm too weak|key too (?:weak|small)/i.test(message)) return WEAK;
  if (/wrong version number|packet length too long/i.test(message)) return NOT_TLS;
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return ["RegistryTLSFailed", "the TLS handshake failed"];
  return ["RegistryUnreachable", `the request failed${code === "" ? "" : ` (${code})`}`];
}

/** With several addresses Node reports an AggregateError without a message; the first address speaks for all. */
function describe(error: unknown): { readonly code: string; readonly message: string } {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  const subject: unknown = inner ?? error;
  if (!(subject instanceof Error)) return { code: "", message: "" };
  return { code: errorCode(subject) ?? "", message: subject.message };
}
