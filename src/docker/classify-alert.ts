import type { Advice } from "../api/surface.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** What the two sides had sent before the server ended the handshake. */
export interface Offer {
  /** Whether a client certificate was available. */
  readonly clientCertificate: boolean;
  /** The name that was sent; undefined for an address, because SNI carries only names. */
  readonly sentName?: string | undefined;
}

const REJECTED: Diagnosis = {
  reason: "ClientCertificateRejected",
  why: "the daemon rejected the client certificate",
};
const REQUIRED: Diagnosis = {
  reason: "ClientCertificateRequired",
  why: "the daemon asks for a client certificate",
};

const USE_NAME: Advice = {
  object: "Set spec.tls.serverName to a name for which the server has a certificate.",
  flags: "Use a name for which the server has a certificate in --host.",
};
/** For a host that is an address, to which no name is sent. */
const NAME_OR_LOG: Advice = {
  object:
    "If the server has a certificate for a name only, set spec.tls.serverName to that name; otherwise, check the daemon's log.",
  flags: "If the server has a certificate for a name only, use that name in --host; otherwise, check the daemon's log.",
};

/** Alerts that only say that the two sides do not match, with the names from RFC 8446 and related RFCs. */
const OTHER_ALERTS: Readonly<Record<number, string>> = {
  10: "unexpected message",
  20: "bad record MAC: something on the way changes what is sent",
  22: "record overflow: something on the way changes what is sent",
  47: "illegal parameter",
  50: "decode error: something on the way changes what is sent",
  51: "decrypt error: it could not verify a signature of this client",
  71: "insufficient security: it demands stronger cipher suites than this client offers",
  86: "inappropriate fallback: something between offers an older TLS version than this client",
  90: "the handshake was cancelled",
  109: "missing extension",
  110: "unsupported extension",
  115: "unknown PSK identity: it takes pre-shared keys",
  120: "no application protocol: it does not speak HTTP/1.1",
  121: "it demands encrypted client hello",
};

/** Explains the alert with which the server ended the handshake. */
export function diagnoseAlert(alert: number, { clientCertificate, sentName }: Offer): Diagnosis {
  switch (alert) {
    case 41: // no certificate
    case 116: // certificate required
    case 42: // bad certificate: older versions of Go send it for every problem
    case 43: // unsupported certificate
    case 44: // certificate revoked
    case 46: // certificate unknown
    case 49: // access denied
      return clientCertificate ? REJECTED : REQUIRED;
    case 45:
      return {
        reason: "ClientCertificateExpired",
        why: "the daemon says that the client certificate is not valid at this time",
      };
    case 48:
      return { reason: "ClientCertificateUntrusted", why: "the daemon does not know the CA of the client certificate" };
    case 70:
      return { reason: "TLSVersionUnsupported", why: "the server does not offer TLS 1.2 or newer" };
    case 112:
      return {
        reason: "ServerNameMismatch",
        why: `the server has no certificate for ${sentName === undefined ? "an address" : `the name ${sentName}`} (TLS alert 112)`,
        next: USE_NAME,
      };
    case 40:
      return failed(
        alert,
        clientCertificate
          ? "handshake failure: it has no cipher suite or key exchange in common with this client"
          : "handshake failure: it has no cipher suite in common with this client, or it demands a client certificate, and none is configured",
        sentName,
      );
    case 80:
      return failed(alert, "internal error", sentName);
    default:
      return failed(alert, Object.hasOwn(OTHER_ALERTS, alert) ? OTHER_ALERTS[alert] : undefined);
  }
}

/** @param rest what was sent, in case the server needed a name: many servers have a certificate only for names */
function failed(
  alert: number,
  meaning: string | undefined,
  ...rest: readonly [sentName?: string | undefined]
): Diagnosis {
  const number = meaning === undefined ? `alert ${alert}` : `alert ${alert} (${meaning})`;
  const diagnosis = { reason: "TLSHandshakeFailed", why: `the server ended the TLS handshake with ${number}` } as const;
  const noName = rest.length > 0 && rest[0] === undefined;
  return noName ? { ...diagnosis, next: NAME_OR_LOG } : diagnosis;
}
