import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Endpoint } from "./endpoint.ts";
import type { TlsCredentials } from "./preflight.ts";

/** How far the connection of an attempt came, the last one where it had to be opened again. */
export type ConnectionPhase = "dial" | "handshake" | "exchange";

export interface TlsSettings {
  readonly verify: boolean;
  readonly credentials: TlsCredentials;
  /** PEM roots for a server whose CA is not given. */
  readonly roots: () => readonly string[];
  readonly serverName?: string | undefined;
}

/** The agent of one attempt: one connection, never reused by another attempt, whose sockets end with `destroy`. */
export interface EngineAgent {
  readonly agent: http.Agent;
  phase(): ConnectionPhase;
  /** The chain that the server showed, leaf first; undefined before the handshake and in plaintext. */
  peerCertificate(): PeerCertificate | undefined;
}

/** A server certificate without subject alternative names: Node would fall back to the common name, Docker does not. */
export class NoSubjectAlternativeName extends Error {
  readonly code = "DOCKERHOST_NO_SAN";
}

export function createEngineAgent(
  endpoint: Endpoint,
  tls: TlsSettings | undefined,
  lookup?: LookupFunction,
): EngineAgent {
  let phase: ConnectionPhase = "dial";
  let peer: PeerCertificate | undefined;
  const common = { keepAlive: true, maxSockets: 1, ...(lookup === undefined ? {} : { lookup }) };
  const agent =
    tls !== undefined && endpoint.kind === "tcp"
      ? new https.Agent({ ...common, ...tlsOptions(endpoint.host, tls) })
      : new http.Agent(common);
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    phase = "dial";
    const socket = createConnection(options, callback) as Socket;
    socket.once("connect", () => {
      phase = tls === undefined ? "exchange" : "handshake";
    });
    socket.once("secureConnect", () => {
      phase = "exchange";
      // Here alone is the certificate sure to be present: resumed sessions and reused sockets hide it.
      peer = (socket as TLSSocket).getPeerCertificate(true);
    });
    return socket;
  };
  return { agent, phase: () => phase, peerCertificate: () => peer };
}

function tlsOptions(host: string, tls: TlsSettings): https.AgentOptions {
  // The dot that ends an absolute name is part of no certificate, and Go's servers refuse it in SNI.
  const name = (tls.serverName ?? host).replace(/\.$/, "");
  const { ca, client } = tls.credentials;
  return {
    minVersion: "TLSv1.2",
    // Without a session to resume, every connection shows its certificate and has it checked.
    maxCachedSessions: 0,
    // SNI carries names only.
    servername: isIP(name) === 0 ? name : "",
    ...(client === undefined ? {} : { cert: client.cert, key: client.key }),
    ...(tls.verify
      ? {
          rejectUnauthorized: true,
          ca: [...(ca ?? tls.roots())],
          // A bundle that ends in an intermediate is enough, as for Go's client.
          allowPartialTrustChain: true,
          checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkIdentity(name, certificate),
        }
      : // The documented mode of https:// with tls.verify false; it carries a warning in the status.
        { rejectUnauthorized: false }),
  };
}

function checkIdentity(name: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) {
    return new NoSubjectAlternativeName("the certificate has no subject alternative names");
  }
  // Without its subject, since Node takes the common name also where all alternative names are addresses.
  return checkServerIdentity(name, { ...certificate, subject: {} });
}
