import type { Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { formatDuration } from "../common/duration.ts";
import type { ConnectionPhase } from "./engine-agent.ts";
import type { EngineReply } from "./exchange.ts";
import { EngineError } from "./fleet-modem.ts";

/** What the classifier knows of an attempt beside the error. */
export interface AttemptContext {
  /** For messages: the endpoint as it stands in the status. */
  readonly endpoint: string;
  readonly phase: ConnectionPhase;
  /** Whether a client certificate was presented. */
  readonly clientCertificate: boolean;
}

interface Verdict {
  readonly reason: Reason;
  readonly why: string;
}

/** Node's and OpenSSL's codes; measured, see the tests that provoke each. The next step follows the semicolon. */
const CODES: Readonly<Record<string, Verdict>> = {
  ENOTFOUND: { reason: "NameResolutionFailed", why: "the name has no address; check spec.host and DNS" },
  EAI_AGAIN: { reason: "NameResolutionFailed", why: "DNS did not answer; check the cluster's DNS" },
  ECONNREFUSED: {
    reason: "ConnectionRefused",
    why: "the connection was refused; start Docker there or correct the port",
  },
  ETIMEDOUT: { reason: "ConnectionTimedOut", why: "the host did not answer; check the host and the firewall between" },
  EHOSTUNREACH: { reason: "HostUnreachable", why: "there is no route to the host; check the network between" },
  ENETUNREACH: { reason: "HostUnreachable", why: "there is no route to the network; check the network between" },
  ECONNRESET: { reason: "ConnectionReset", why: "the connection was cut; look at the daemon's log" },
  EPIPE: { reason: "ConnectionReset", why: "the connection was cut; look at the daemon's log" },
  ENOENT: { reason: "SocketNotFound", why: "the socket does not exist; start Docker or correct the path" },
  EACCES: { reason: "SocketPermissionDenied", why: "the socket may not be opened; run as a user who may" },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted(),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT: untrusted(),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted(),
  CERT_SIGNATURE_FAILURE: untrusted(),
  INVALID_CA: untrusted(),
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    reason: "ServerCertificateSelfSigned",
    why: "the server's certificate is self-signed; store it as the CA, or issue one from your CA",
  },
  CERT_HAS_EXPIRED: {
    reason: "ServerCertificateExpired",
    why: "the server's certificate or its CA has expired; renew it and restart dockerd",
  },
  CERT_NOT_YET_VALID: {
    reason: "ServerCertificateNotYetValid",
    why: "the server's certificate is not valid yet; check the clocks",
  },
  DOCKERHOST_NO_SAN: {
    reason: "ServerCertificateNoSAN",
    why: "the server's certificate has no subject alternative names; issue it with the host among them",
  },
  INVALID_PURPOSE: {
    reason: "ServerCertificateUsageInvalid",
    why: "the server's certificate may not be used by a server; issue it with server authentication",
  },
  ERR_SSL_EE_KEY_TOO_SMALL: {
    reason: "ClientCertificateTooWeak",
    why: "the key of the client certificate is too short; issue it with at least 2048 bits (RSA)",
  },
  ERR_SSL_CA_MD_TOO_WEAK: {
    reason: "ClientCertificateTooWeak",
    why: "the client certificate is signed with a weak digest; issue it with SHA-256",
  },
  HPE_INVALID_CONSTANT: notDocker(),
  HPE_INVALID_HEADER_TOKEN: notDocker(),
  HPE_INVALID_VERSION: notDocker(),
  HPE_CR_EXPECTED: notDocker(),
};

/** TLS alerts of the other side, by number. TLS 1.3 and 1.2 wrap them in different codes, both name the number. */
function alertVerdict(alert: number, clientCertificate: boolean): Verdict {
  switch (alert) {
    case 42:
    case 46:
    case 116:
      return clientCertificate
        ? {
            reason: "ClientCertificateRejected",
            why: "the daemon rejected the client certificate; issue it from the CA that dockerd trusts, for client authentication",
          }
        : {
            reason: "ClientCertificateRequired",
            why: "the daemon asks for a client certificate; name a Secret with certificate and key in spec.tls.certSecretRef",
          };
    case 45:
      return {
        reason: "ClientCertificateExpired",
        why: "the daemon says that the client certificate is not valid at this time; renew it, or check the host's clock",
      };
    case 48:
      return {
        reason: "ClientCertificateUntrusted",
        why: "the daemon does not know the CA of the client certificate; issue it from the CA in dockerd's --tlscacert",
      };
    case 70:
      return {
        reason: "TLSVersionUnsupported",
        why: "the server offers no TLS 1.2 or newer; update Docker on the host",
      };
    default:
      return {
        reason: "TLSHandshakeFailed",
        why: `the server ended the TLS handshake with alert ${alert}; look at the daemon's log`,
      };
  }
}

/** Gives the reason for an error of the connection. Total: what is unknown becomes ConnectionFailed with its text. */
export function classifyError(error: unknown, context: AttemptContext): Failure {
  const verdict = judge(error, context);
  return { reason: verdict.reason, message: `Connecting to ${context.endpoint} failed: ${verdict.why}`, cause: error };
}

function judge(error: unknown, context: AttemptContext): Verdict {
  if (error instanceof DeadlineExceeded) return timedOut(error, context.phase);
  if (error instanceof EngineError) return judgeReply(error.reply);
  // A name with several addresses fails with one error for each, and no message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return judge(error.errors[0], context);
  if (!(error instanceof Error)) return unknown(String(error));
  if (error.name === "TruncatedReply")
    return { reason: "ConnectionReset", why: `${error.message}; look at the daemon's log` };
  if (error.name === "ReplyTooLarge")
    return { reason: "InvalidResponse", why: `${error.message}; ask the daemon directly` };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return nameMismatch(error);
  const alert = /SSL alert number (\d+)/.exec(error.message)?.[1];
  if (alert !== undefined) return alertVerdict(Number(alert), context.clientCertificate);
  if (/wrong version number|packet length too long|ERR_SSL_WRONG_VERSION_NUMBER/.test(`${error.message} ${code}`)) {
    return {
      reason: "ServerNotTLS",
      why: "the server does not speak TLS on this port; start dockerd with --tlsverify or correct the port",
    };
  }
  if (/too weak|too small/.test(error.message) && CODES[code] === undefined) {
    return {
      reason: "ServerCertificateTooWeak",
      why: "the server's certificate is too weak; issue it with SHA-256 and a longer key",
    };
  }
  return CODES[code] ?? unknown(code === "" ? error.message : `${code} ${error.message}`);
}

/** An HTTP answer that the API does not promise. Docker's own answers carry Api-Version; a proxy's do not. */
function judgeReply(reply: EngineReply): Verdict {
  const text = replyText(reply);
  if (reply.status === 400 && /HTTP request to an HTTPS server/i.test(text)) {
    return {
      reason: "ServerRequiresTLS",
      why: "the daemon speaks TLS on this port; use https://, or tcp:// with spec.tls.verify true",
    };
  }
  if (reply.status === 400 && /client version .* is too (old|new)/i.test(text)) {
    return { reason: "APIVersionUnsupported", why: `the daemon says: ${text}` };
  }
  const fromDaemon = reply.headers["api-version"] !== undefined;
  if (reply.status === 401 || reply.status === 403) {
    const who = fromDaemon ? "the daemon" : "a proxy before the daemon";
    return {
      reason: "AuthorizationDenied",
      why: `${who} denied the request${text === "" ? "" : `: ${text}`}; allow it there`,
    };
  }
  if (!fromDaemon || reply.status < 400) return notDocker();
  return {
    reason: "DaemonError",
    why: `the daemon answered ${reply.status}${text === "" ? "" : `: ${text}`}; look at its log`,
  };
}

/** The daemon's own words, without markup and short enough for a condition. */
function replyText(reply: EngineReply): string {
  const raw = reply.body.subarray(0, 4096).toString("utf8");
  const message = /^\s*\{/.test(raw)
    ? /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(raw)?.[1]
    : /^\s*</.test(raw)
      ? ""
      : raw;
  return (message ?? "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 200);
}

function timedOut(error: DeadlineExceeded, phase: ConnectionPhase): Verdict {
  const after = formatDuration(error.ms);
  const why = {
    dial: `no answer to the connection within ${after}; check the host and the firewall between`,
    handshake: `the TLS handshake did not end within ${after}; look at the daemon's log`,
    exchange: `the daemon accepted the connection but did not answer within ${after}; look at its log`,
  }[phase];
  return { reason: "ConnectionTimedOut", why };
}

function nameMismatch(error: Error): Verdict {
  const names = "cert" in error ? (error.cert as { subjectaltname?: string } | undefined)?.subjectaltname : undefined;
  const list = names === undefined || names === "" ? "other names" : names.slice(0, 200);
  return {
    reason: "ServerNameMismatch",
    why: `the server's certificate is for ${list}; use one of these in spec.host or spec.tls.serverName, or issue a new one`,
  };
}

function untrusted(): Verdict {
  return {
    reason: "ServerCertificateUntrusted",
    why: "the server's certificate was not issued by the CA given for it; store the CA that issued it",
  };
}

function notDocker(): Verdict {
  return {
    reason: "NotADockerEndpoint",
    why: "what answers there is no Docker daemon; correct the address or the port",
  };
}

function unknown(text: string): Verdict {
  return { reason: "ConnectionFailed", why: text.replace(/\s+/g, " ").trim().slice(0, 200) };
}
