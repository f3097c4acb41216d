import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type DialGuard, guardAgent } from "../common/dial-guard.ts";
import { errorCode } from "../common/error-code.ts";
import { readCertificates, shieldAgent } from "../common/peer-certificates.ts";
import type { Presented } from "../common/sent-certificates.ts";
import type { Endpoint } from "./endpoint.ts";
import type { PeerChain } from "./peer-chain.ts";
import { ServerIdentityError } from "./server-identity.ts";
import { type RefusedServer, ServerTrust } from "./server-trust.ts";
import { type TlsSettings, tlsContext, tlsOptions } from "./tls-options.ts";

/** How far the connection of an attempt got; if it had to be opened again, the last one counts. */
export type ConnectionPhase = "dial" | "handshake" | "exchange";

/** The agent of one attempt: one connection, never reused by another attempt, whose sockets end with `destroy`. */
export interface EngineAgent {
  readonly agent: http.Agent;
  readonly phase: () => ConnectionPhase;
  /** What the server showed, even if it was refused; undefined before the handshake and for plaintext. */
  readonly peerChain: () => PeerChain | undefined;
  /** What is known about a server that was refused. */
  readonly refused: () => RefusedServer | undefined;
  /**
   * After a failed handshake: whether another may succeed, because OpenSSL did not find an existing path to a CA, or find
   * out more, because certificates of an earlier connection were used.
   */
  readonly mayRetry: (error: unknown) => boolean;
}

/** @param owner who is charged for memory, such as a namespace */
export function createEngineAgent(
  endpoint: Endpoint,
  tls: TlsSettings | undefined,
  guard: DialGuard,
  owner = "",
): EngineAgent {
  let phase: ConnectionPhase = "dial";
  let isTrusted = false;
  let hasRetried = false;
  const common = { keepAlive: true, maxSockets: 1 };
  const trust = tls !== undefined && endpoint.kind === "tcp" ? new ServerTrust(endpoint.host, tls) : undefined;
  const secure =
    trust !== undefined && tls !== undefined && endpoint.kind === "tcp"
      ? new https.Agent({ ...common, ...tlsOptions(endpoint.host, tls, trust.check) })
      : undefined;
  const agent = guardAgent(secure === undefined ? new http.Agent(common) : shieldAgent(secure), guard);
  const createConnection = agent.createConnection.bind(agent);
  let trusted = trust?.trusted ?? [];
  const address = endpoint.kind === "tcp" ? `${endpoint.host}:${endpoint.port}` : "";
  const present = (socket: TLSSocket): Presented =>
    tls?.memory?.sent.present(socket, { owner, address }) ?? {
      certificates: readCertificates(socket).certificates,
      isPartial: false,
      doubt: () => false,
    };
  agent.createConnection = (options, callback) => {
    phase = "dial";
    trust?.begin();
    isTrusted = false;
    // Undefined if the guard refused it: the callback has received the reason.
    const secured = secure === undefined || tls === undefined ? {} : { secureContext: tlsContext(tls, trusted) };
    const socket = createConnection({ ...options, ...secured }, callback) as Socket | undefined;
    socket?.once("connect", () => {
      phase = tls === undefined ? "exchange" : "handshake";
    });
    // This must run before Node's own listener, which closes a connection that it does not trust.
    socket?.prependOnceListener("secure", () => trust?.present(() => present(socket as TLSSocket)));
    socket?.once("secureConnect", () => {
      phase = "exchange";
      isTrusted = (socket as TLSSocket).authorized;
    });
    return socket;
  };
  return {
    agent,
    phase: () => phase,
    peerChain: () => trust?.peerChain(isTrusted),
    refused: () => (isTrusted ? undefined : trust?.refused()),
    mayRetry: (error) => {
      if (hasRetried || isTrusted || error instanceof ServerIdentityError) return false;
      if (trust === undefined || tls?.verify !== true) return false;
      const leaf = trust.provenLeaf();
      const isReadAgain = trust.doubt(errorCode(error) ?? "");
      if (leaf === undefined && !isReadAgain) return false;
      hasRetried = true;
      if (leaf !== undefined) trusted = [leaf];
      return true;
    },
  };
}
