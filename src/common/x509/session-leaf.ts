import { constructed, DerReader, TAG } from "./der.ts";

/** The field of OpenSSL's SSL_SESSION, in DER, that has the certificate by which the peer has authenticated itself. */
const PEER = constructed(3);

/** Some versions of Node put this, and the name that was asked for with its length in two bytes, in front of the session. */
const PREFIX = Buffer.from("\0nodejs:tls:session:1\0", "latin1");

/**
 * Returns the peer's own certificate, in DER, from the session of a TLS connection (`TLSSocket.getSession`); undefined if
 * there is none. Other fields, such as a ticket, contain what the peer wants, so the bytes are never searched.
 */
export function leafOfSession(session: Buffer): Buffer | undefined {
  try {
    const fields = new DerReader(withoutPrefix(session)).enter(TAG.sequence);
    while (!fields.isEmpty) {
      const { tag, content } = fields.any();
      if (tag === PEER) return new DerReader(content).element(TAG.sequence).whole;
    }
  } catch {
    // Then the peer is asked for all of its certificates.
  }
  return undefined;
}

function withoutPrefix(session: Buffer): Buffer {
  if (!session.subarray(0, PREFIX.length).equals(PREFIX)) return session;
  return session.subarray(PREFIX.length + 2 + session.readUInt16BE(PREFIX.length));
}
