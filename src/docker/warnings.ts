import { type Endpoint, TLS_PORT } from "./endpoint.ts";

/** Quoted verbatim from Watchtower's documentation, because people search for these texts. */
export const HTTP_WITH_VERIFY =
  "TLS verification is enabled but DOCKER_HOST uses insecure scheme 'http://'. Consider using 'https://' or disable TLS verification.";
export const SOCKET_WITH_VERIFY =
  "TLS verification is enabled but DOCKER_HOST uses local socket 'unix://'. TLS is not applicable for local sockets; consider disabling TLS verification.";

/** Our own warnings, in the same style. */
export const PLAINTEXT_TCP =
  "TLS verification is disabled, so DOCKER_HOST with scheme 'tcp://' is used in plaintext although certificates or port 2376 show that TLS was meant. Consider enabling TLS verification.";
export const UNVERIFIED_HTTPS =
  "TLS verification is disabled but DOCKER_HOST uses scheme 'https://'. The connection is encrypted, but anyone can pose as the server. Consider enabling TLS verification.";

export const SSH_WITH_TLS =
  "TLS settings have no effect because DOCKER_HOST uses scheme 'ssh://': SSH protects the connection. Consider removing them.";

export const UNCHECKED_HOST_KEY =
  "Host key checking is disabled but DOCKER_HOST uses scheme 'ssh://'. The connection is encrypted, but anyone can pose as the host and control what Docker is said to run. Consider setting hostKeyChecking to Strict.";

export interface TlsIntent {
  readonly verify: boolean;
  /** Whether the spec refers to certificates in any way. */
  readonly certificates: boolean;
  /** Whether any key of the host is accepted. */
  readonly uncheckedHostKey?: boolean;
}

/** Reports which settings of a connection are insecure or have no effect. */
export function endpointWarnings(endpoint: Endpoint, intent: TlsIntent): readonly string[] {
  if (endpoint.kind === "ssh") {
    return [
      ...(intent.uncheckedHostKey === true ? [UNCHECKED_HOST_KEY] : []),
      ...(intent.verify || intent.certificates ? [SSH_WITH_TLS] : []),
    ];
  }
  if (endpoint.kind === "unix") return intent.verify ? [SOCKET_WITH_VERIFY] : [];
  switch (endpoint.scheme) {
    case "http":
      return intent.verify ? [HTTP_WITH_VERIFY] : [];
    case "https":
      return intent.verify ? [] : [UNVERIFIED_HTTPS];
    case "tcp":
      return intent.certificates || endpoint.port === TLS_PORT ? [PLAINTEXT_TCP] : [];
  }
}
