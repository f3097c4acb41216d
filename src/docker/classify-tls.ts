import { shorten, type Verdict } from "./verdict.ts";

const UNTRUSTED: Verdict = {
  reason: "ServerCertificateUntrusted",
  why: "the server's certificate was not issued by a CA that is trusted for it",
};
const CLIENT_TOO_WEAK: Verdict = {
  reason: "ClientCertificateTooWeak",
  why: "the client certificate or its key is too weak",
};
const SERVER_TOO_WEAK: Verdict = {
  reason: "ServerCertificateTooWeak",
  why: "the server's certificate is too weak",
};
const CLIENT_REJECTED: Verdict = {
  reason: "ClientCertificateRejected",
  why: "the daemon rejected the client certificate",
};

/** Node's and OpenSSL's codes; measured, see the tests that provoke each. */
const CODES: Readonly<Record<string, Verdict>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    reason: "ServerCertificateSelfSigned",
    why: "the server's certificate is self-signed",
  },
  CERT_HAS_EXPIRED: { reason: "ServerCertificateExpired", why: "the server's certificate or its CA has expired" },
  CERT_NOT_YET_VALID: { reason: "ServerCertificateNotYetValid", why: "the server's certificate is not valid yet" },
  DOCKERHOST_NO_SAN: {
    reason: "ServerCertificateNoSAN",
    why: "the server's certificate has no subject alternative names",
  },
  INVALID_PURPOSE: {
    reason: "ServerCertificateUsageInvalid",
    why: "the server's certificate may not be used by a server",
  },
  ERR_SSL_EE_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_MD_TOO_WEAK: CLIENT_TOO_WEAK,
};

/** undefined where the error is not of TLS. */
export function judgeTlsError(error: Error, code: string, clientCertificate: boolean): Verdict | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return nameMismatch(error);
  // TLS 1.3 and 1.2 wrap an alert in different codes, both name its number.
  const alert = /SSL alert number (\d+)/.exec(error.message)?.[1];
  if (alert !== undefined) return judgeAlert(Number(alert), clientCertificate);
  const known = CODES[code];
  if (known !== undefined) return known;
  // Node has no code for it: `EE certificate key too weak`, `CA signature digest algorithm too weak`.
  if (/too weak$/.test(error.message)) return SERVER_TOO_WEAK;
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return undefined;
  if (/wrong version number|(data|packet) length too long/.test(error.message)) {
    return { reason: "ServerNotTLS", why: "the server does not speak TLS on this port" };
  }
  return { reason: "TLSHandshakeFailed", why: `the TLS handshake failed (${opensslReason(error)})` };
}

/** TLS alerts of the other side, by number. */
function judgeAlert(alert: number, clientCertificate: boolean): Verdict {
  switch (alert) {
    case 42: // bad certificate: Go until 1.2x says no more
    case 43: // unsupported certificate
    case 44: // certificate revoked
    case 46: // certificate unknown
    case 116: // certificate required
      return clientCertificate
        ? CLIENT_REJECTED
        : { reason: "ClientCertificateRequired", why: "the daemon asks for a client certificate" };
    case 45:
      return {
        reason: "ClientCertificateExpired",
        why: "the daemon says that the client certificate is not valid at this time",
      };
    case 48:
      return { reason: "ClientCertificateUntrusted", why: "the daemon does not know the CA of the client certificate" };
    case 70:
      return { reason: "TLSVersionUnsupported", why: "the server offers no TLS 1.2 or newer" };
    default:
      return { reason: "TLSHandshakeFailed", why: `the server ended the TLS handshake with alert ${alert}` };
  }
}

function nameMismatch(error: Error): Verdict {
  const names = "cert" in error ? (error.cert as { subjectaltname?: string } | undefined)?.subjectaltname : undefined;
  return { reason: "ServerNameMismatch", why: `the server's certificate is for ${shorten(names ?? "other names")}` };
}

/** OpenSSL's own words out of `…:error:0A00009F:SSL routines:function:REASON:file:line`, whose rest changes with each run. */
function opensslReason({ message }: Error): string {
  return shorten(/error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message);
}
