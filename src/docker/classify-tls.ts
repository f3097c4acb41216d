import { ServerIdentityError } from "./server-identity.ts";
import { shorten, type Verdict } from "./verdict.ts";

const UNTRUSTED: Verdict = {
  reason: "ServerCertificateUntrusted",
  why: "the server's certificate was not issued by a CA that is trusted for it",
};
const CLIENT_TOO_WEAK: Verdict = {
  reason: "ClientCertificateTooWeak",
  why: "the client certificate or its key is too weak",
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
  CERT_CHAIN_TOO_LONG: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  PATH_LENGTH_EXCEEDED: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    reason: "ServerCertificateSelfSigned",
    why: "the server's certificate is self-signed",
  },
  CERT_HAS_EXPIRED: { reason: "ServerCertificateExpired", why: "the server's certificate or its CA has expired" },
  CERT_NOT_YET_VALID: { reason: "ServerCertificateNotYetValid", why: "the server's certificate is not valid yet" },
  INVALID_PURPOSE: {
    reason: "ServerCertificateUsageInvalid",
    why: "the server's certificate or a CA above it may not be used for servers",
  },
  ERR_SSL_EE_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_KEY_TOO_SMALL: CLIENT_TOO_WEAK,
  ERR_SSL_CA_MD_TOO_WEAK: CLIENT_TOO_WEAK,
};

/** undefined where the error is not of TLS. */
export function judgeTlsError(error: Error, code: string, clientCertificate: boolean): Verdict | undefined {
  if (error instanceof ServerIdentityError) return judgeIdentity(error);
  // TLS 1.3 and 1.2 wrap an alert in different codes, both name its number.
  const alert = /SSL alert number (\d+)/.exec(error.message)?.[1];
  if (alert !== undefined) return judgeAlert(Number(alert), clientCertificate);
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known !== undefined) return known;
  if (code === "UNSPECIFIED") return judgeVerification(error.message);
  if (code !== "EPROTO" && !code.startsWith("ERR_SSL_")) return undefined;
  if (/wrong version number|(data|packet) length too long/.test(error.message)) {
    return { reason: "ServerNotTLS", why: "the server does not speak TLS on this port" };
  }
  return { reason: "TLSHandshakeFailed", why: `the TLS handshake failed (${opensslReason(error)})` };
}

/** OpenSSL's words for what is wrong with the server's chain, where Node has no code. */
function judgeVerification(words: string): Verdict {
  // `EE certificate key too weak`, `CA signature digest algorithm too weak`
  if (/too weak$/.test(words))
    return { reason: "ServerCertificateTooWeak", why: "the server's certificate is too weak" };
  if (words === "unhandled critical extension") {
    return {
      reason: "ServerCertificateMalformed",
      why: "the server's certificate has a critical extension that is not known",
    };
  }
  // `permitted subtree violation`
  if (/subtree/.test(words)) {
    return {
      reason: "ServerCertificateUntrusted",
      why: "the name constraints of the CA do not allow the names in the server's certificate",
    };
  }
  return { reason: "ServerCertificateUntrusted", why: `the server's certificate was refused (${shorten(words)})` };
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

function judgeIdentity({ code, message }: ServerIdentityError): Verdict {
  switch (code) {
    case "DOCKERHOST_NO_SAN":
      return { reason: "ServerCertificateNoSAN", why: "the server's certificate has no subject alternative names" };
    case "DOCKERHOST_NAME_MISMATCH":
      return { reason: "ServerNameMismatch", why: `the server's certificate is for ${shorten(message)}` };
    case "DOCKERHOST_CERTIFICATE_MALFORMED":
      return { reason: "ServerCertificateMalformed", why: `Docker cannot use the server's certificate: ${message}` };
  }
}

/** OpenSSL's own words out of `…:error:0A00009F:SSL routines:function:REASON:file:line`, whose rest changes with each run. */
function opensslReason({ message }: Error): string {
  return shorten(/error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message);
}
