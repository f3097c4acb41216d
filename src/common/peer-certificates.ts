import { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { TLSSocket } from "node:tls";
import { leafOfSession } from "./x509/session-leaf.ts";

/** Limits the chain, because a peer could send hundreds of certificates. */
const MAX_CHAIN = 10;

/**
 * Prevents a hostile server from crashing the process. Node 24 calls `getPeerCertificate` in every handshake that it
 * verifies, which causes a segmentation fault if a certificate of the chain has a key on a curve without a NIST name,
 * such as secp256k1. The replacement returns only what Node's own check of the host name needs, without the common
 * name, which is no longer used for host names.
 */
export function shieldAgent<A extends Agent>(agent: A): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = createConnection(options, callback);
    if (socket instanceof TLSSocket) {
      Object.assign(socket, {
        getPeerCertificate: () => {
          const leaf = ownCertificate(socket) ?? readCertificates(socket).certificates[0];
          return leaf === undefined ? {} : { subject: {}, subjectaltname: leaf.subjectAltName, raw: leaf.raw };
        },
      });
    }
    return socket;
  };
  return agent;
}

/**
 * Returns the peer's own certificate without reading the others; undefined if it sent none, or the connection's session
 * cannot be read. Never throws.
 */
export function ownCertificate(socket: TLSSocket): X509Certificate | undefined {
  try {
    const session = socket.getSession();
    const der = session === undefined ? undefined : leafOfSession(session);
    return der === undefined ? undefined : new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** What a peer sent. */
export interface SentChain {
  /** The peer's own certificate first; empty if it sent none, at most ten. */
  readonly certificates: readonly X509Certificate[];
  /** How many it sent. */
  readonly count: number;
}

/** Node takes the first certificate out of a connection's list each time that it is asked for it: it must be asked once. */
const READ = new WeakMap<TLSSocket, SentChain>();

/**
 * Reads all certificates that the peer sent. **Node 24 never frees those above the peer's own**, which take about 5 KiB each, and
 * a peer can send several hundred, so this is only called through SentCertificates. Never throws, because an exception
 * in a socket's listener would end the process.
 */
export function readCertificates(socket: TLSSocket): SentChain {
  const read = READ.get(socket);
  if (read !== undefined) return read;
  const certificates: X509Certificate[] = [];
  let count = 0;
  try {
    for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate) {
      count++;
      if (certificates.length < MAX_CHAIN) certificates.push(next);
    }
  } catch {
    // Unreadable certificates are left out. If the leaf is unreadable, the verification of the server refuses it.
  }
  if (count > 0) READ.set(socket, { certificates, count });
  return { certificates, count };
}
