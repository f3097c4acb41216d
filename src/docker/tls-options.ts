import type { X509Certificate } from "node:crypto";
import type { AgentOptions } from "node:https";
import { isIP } from "node:net";
import type { TlsCredentials } from "./preflight.ts";
import { checkServer } from "./server-identity.ts";

export interface TlsSettings {
  readonly verify: boolean;
  readonly credentials: TlsCredentials;
  /** PEM roots for a server whose CA is not given. */
  readonly roots: () => readonly string[];
  readonly serverName?: string | undefined;
}

/**
 * What Docker's client offers (`tlsconfig.ClientDefault`), and ChaCha20, which is as safe; at the level of strength of
 * OpenSSL that is nearest to Go's: Node's own would refuse RSA keys below 2048 bits, which Go takes from 1024 on. Both
 * refuse SHA-1 and MD5.
 */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "@SECLEVEL=1",
].join(":");

/**
 * A connection as Docker's own client makes it. Where OpenSSL would judge a server otherwise than Go, Go's way counts.
 * @param presented what the server showed in the handshake whose end is being judged
 */
export function tlsOptions(host: string, tls: TlsSettings, presented: () => readonly X509Certificate[]): AgentOptions {
  const name = tls.serverName ?? host;
  // The dot that ends an absolute name is not sent; Go's servers refuse it.
  const serverName = name.replace(/\.$/, "");
  const { ca, client } = tls.credentials;
  return {
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    // Without a session to resume, every connection shows its certificate and has it checked.
    maxCachedSessions: 0,
    // SNI carries names only.
    servername: isIP(serverName) === 0 ? serverName : "",
    ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    ...(tls.verify
      ? {
          rejectUnauthorized: true,
          ca: [...(ca ?? tls.roots())],
          // A bundle that ends in an intermediate is enough, as for Go's client.
          allowPartialTrustChain: true,
          checkServerIdentity: () => checkServer(name, presented()),
        }
      : // The documented mode of https:// with tls.verify false; it carries a warning in the status.
        { rejectUnauthorized: false }),
  };
}
