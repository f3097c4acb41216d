import type { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { TLSSocket } from "node:tls";

/** Longer chains are cut: a peer could send a hundred certificates. */
const MAX_CHAIN = 10;

/**
 * Keeps a hostile server from ending the process. Node 24 calls `getPeerCertificate` in every handshake that it
 * verifies, and that ends in a segmentation fault where a certificate of the chain has a key on a curve to which NIST
 * gave no name, such as secp256k1. Here it tells what Node's own check of the name needs, without the common name,
 * which has long not been taken for a host's.
 */
export function shieldAgent<A extends Agent>(agent: A): A {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = createConnection(options, callback);
    if (socket instanceof TLSSocket) {
      Object.assign(socket, {
        getPeerCertificate: () => {
          const leaf = socket.getPeerX509Certificate();
          return leaf === undefined ? {} : { subject: {}, subjectaltname: leaf.subjectAltName, raw: leaf.raw };
        },
      });
    }
    return socket;
  };
  return agent;
}

/**
 * What the other side sent, its own certificate first; empty where it sent none. Never throws: it is called from a
 * socket's listener, where that would end the process.
 */
export function presentedCertificates(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  try {
    let next = socket.getPeerX509Certificate();
    while (next !== undefined && chain.length < MAX_CHAIN) {
      chain.push(next);
      next = next.issuerCertificate;
    }
  } catch {
    // What cannot be read is left out; a leaf that cannot be read is refused where servers are verified.
  }
  return chain;
}
