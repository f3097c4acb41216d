import type { X509Certificate } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type DialGuard, guardAgent } from "../common/dial-guard.ts";
import { errorCode } from "../common/error-code.ts";
import { presentedCertificates, shieldAgent } from "../common/peer-certificates.ts";
import type { Endpoint } from "./endpoint.ts";
import { fittingIssuers } from "./issuer-choice.ts";
import { linkChain, type PeerChain } from "./peer-chain.ts";
import { type TlsSettings, tlsOptions } from "./tls-options.ts";

/** How far the connection of an attempt came, the last one where it had to be opened again. */
export type ConnectionPhase = "dial" | "handshake" | "exchange";

/** The agent of one attempt: one connection, never reused by another attempt, whose sockets end with `destroy`. */
export interface EngineAgent {
  readonly agent: http.Agent;
  readonly phase: () => ConnectionPhase;
  /** What the server showed, also where it was refused; undefined before that, and in plaintext. */
  readonly peerChain: () => PeerChain | undefined;
  /** After a handshake that failed: whether another one is worth a try, since OpenSSL may have taken the wrong CA. */
  readonly chooseIssuer: (error: unknown) => boolean;
}

export function createEngineAgent(endpoint: Endpoint, tls: TlsSettings | undefined, guard: DialGuard): EngineAgent {
  let phase: ConnectionPhase = "dial";
  let presented: readonly X509Certificate[] = [];
  let verified = false;
  const common = { keepAlive: true, maxSockets: 1 };
  const secure =
    tls !== undefined && endpoint.kind === "tcp"
      ? new https.Agent({ ...common, ...tlsOptions(endpoint.host, tls, () => presented) })
      : undefined;
  const agent = guardAgent(secure === undefined ? new http.Agent(common) : shieldAgent(secure), guard);
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    phase = "dial";
    presented = [];
    verified = false;
    // None where the guard refused it: the callback was told why.
    const socket = createConnection(options, callback) as Socket | undefined;
    socket?.once("connect", () => {
      phase = tls === undefined ? "exchange" : "handshake";
    });
    // Before Node's own listener, which ends a connection that it does not trust: nothing could be asked of it then.
    socket?.prependOnceListener("secure", () => {
      presented = presentedCertificates(socket as TLSSocket);
    });
    socket?.once("secureConnect", () => {
      phase = "exchange";
      verified = (socket as TLSSocket).authorized;
    });
    return socket;
  };
  const trusted = () => {
    const ca = secure?.options.ca;
    return Array.isArray(ca) ? ca.map(String) : [];
  };
  return {
    agent,
    phase: () => phase,
    peerChain: () => linkChain(presented, verified ? trusted() : undefined),
    chooseIssuer: (error) => {
      if (secure === undefined || errorCode(error) !== "CERT_SIGNATURE_FAILURE") return false;
      const fitting = fittingIssuers(trusted(), presented);
      if (fitting === undefined) return false;
      secure.options.ca = [...fitting];
      return true;
    },
  };
}
