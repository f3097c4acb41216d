import type { AgentOptions } from "node:https";
import { isIP } from "node:net";
import type { Offer } from "./classify-alert.ts";
import type { Endpoint } from "./endpoint.ts";
import type { TlsCredentials } from "./preflight.ts";
import { type ContextOptions, createContext } from "./tls-contexts.ts";
import type { TlsMemory } from "./tls-memory.ts";

export interface TlsSettings {
  readonly verify: boolean;
  readonly credentials: TlsCredentials;
  /** PEM roots for a server without a CA in the spec. */
  readonly roots: () => readonly string[];
  readonly serverName?: string | undefined;
  /** The time at which the server's certificates must be valid, in wall-clock milliseconds. */
  readonly now: number;
  /** Shared by connections that should not read and verify the same certificates again. */
  readonly memory?: TlsMemory | undefined;
}

/** What the server's certificate must be for. */
export function nameToVerify(host: string, { serverName = host }: TlsSettings): string {
  return serverName;
}

/** What is sent before the server shows its certificate, without the dot of an absolute name, which Go's servers refuse. */
export function sentName(host: string, tls: TlsSettings): string | undefined {
  const name = nameToVerify(host, tls).replace(/\.$/, "");
  // SNI carries only names.
  return isIP(name) === 0 ? name : undefined;
}

/**
 * What Docker's client offers (`tlsconfig.ClientDefault`), and ChaCha20, which is as safe. The level is OpenSSL's
 * closest to Go's rules: Node's default would refuse RSA keys below 2048 bits, while Go accepts them from 1024 bits on.
 * Both refuse SHA-1 and MD5.
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
 * Makes a connection as Docker's own client does. If OpenSSL and Go would verify a server differently, Go's rules count.
 * @param check returns an error for a server that OpenSSL trusts and Go would refuse
 */
export function tlsOptions(host: string, tls: TlsSettings, check: () => Error | undefined): AgentOptions {
  return {
    // If no session can be resumed, every connection shows its certificate and is verified.
    maxCachedSessions: 0,
    servername: sentName(host, tls) ?? "",
    ...(tls.verify
      ? { rejectUnauthorized: true, checkServerIdentity: check }
      : // The documented mode of https:// with tls.verify false; it carries a warning in the status.
        { rejectUnauthorized: false }),
  };
}

/**
 * The context of such a connection. Throws if OpenSSL cannot read a certificate or the key.
 * @param trusted PEM, one each
 */
export function tlsContext({ credentials: { client }, verify, memory }: TlsSettings, trusted: readonly string[]) {
  const options: ContextOptions = {
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    // A bundle that ends in an intermediate is enough, as for Go's client.
    ...(verify ? { ca: trusted, allowPartialTrustChain: true } : {}),
  };
  return memory === undefined ? createContext(options) : memory.contexts.get(options);
}

/** What a server had received before it could refuse. */
export function offerOf({
  endpoint,
  tls,
}: {
  readonly endpoint: Endpoint;
  readonly tls?: TlsSettings | undefined;
}): Offer {
  const sent = tls !== undefined && endpoint.kind === "tcp" ? sentName(endpoint.host, tls) : undefined;
  return { clientCertificate: tls?.credentials.client !== undefined, sentName: sent };
}
