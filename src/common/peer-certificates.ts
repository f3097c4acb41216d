import type { X509Certificate } from "node:crypto";
import type { Agent } from "node:https";
import { TLSSocket } from "node:tls";
import { leafOfSession } from "./x509/session-leaf.ts";

/** Limits the chain, because a peer could send a hundred certificates. */
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
          const [leaf] = presentedCertificates(socket);
          return leaf === undefined ? {} : { subject: {}, subjectaltname: leaf.subjectAltName, raw: leaf.raw };
        },
      });
    }
    return socket;
  };
  return agent;
}

/** Node takes the first certificate out of a connection's list each time that it is asked for it: it must be asked once. */
const READ = new WeakMap<TLSSocket, readonly X509Certificate[]>();

/**
 * Returns the certificates that the peer sent, its own first; empty if it sent none. Never throws, because an exception
 * in a socket's listener would end the process.
 * @param known returns what the peer is known to send with its own certificate (in DER), if it need not be asked for. Node
 * 24 never frees what it returns in addition to the peer's own certificate.
 */
export function presentedCertificates(
  socket: TLSSocket,
  known?: (leaf: Buffer) => readonly X509Certificate[] | undefined,
): readonly X509Certificate[] {
  const read = READ.get(socket);
  if (read !== undefined) return read;
  const session = known === undefined ? undefined : socket.getSession();
  const leaf = session === undefined ? undefined : leafOfSession(session);
  const chain = (leaf && known?.(leaf)) ?? askForCertificates(socket);
  if (chain.length > 0) READ.set(socket, chain);
  return chain;
}

function askForCertificates(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  try {
    let next = socket.getPeerX509Certificate();
    while (next !== undefined && chain.length < MAX_CHAIN) {
      chain.push(next);
      next = next.issuerCertificate;
    }
  } catch {
    // Unreadable certificates are left out. If the leaf is unreadable, the verification of the server refuses it.
  }
  return chain;
}
