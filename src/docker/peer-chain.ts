import type { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import { parseCertificate } from "./certificate.ts";

export interface ChainEnds {
  readonly leaf: X509Certificate;
  /** The last certificate of the chain, where it is a CA: in a verified connection the one that was trusted. */
  readonly root?: X509Certificate;
}

/** Longer chains are cut: a peer could send a hundred certificates. */
const MAX_CHAIN = 10;

/** Both ends of the chain that `getPeerCertificate(true)` gives; undefined for a connection without a certificate. */
export function chainEnds(peer: PeerCertificate | DetailedPeerCertificate | undefined): ChainEnds | undefined {
  if (peer?.raw === undefined) return undefined;
  const leaf = parseCertificate(peer.raw);
  if (leaf === undefined) return undefined;
  let last: PeerCertificate | DetailedPeerCertificate = peer;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    const issuer = "issuerCertificate" in last ? last.issuerCertificate : undefined;
    // A self-signed certificate is its own issuer.
    if (issuer?.raw === undefined || issuer === last || issuer.raw.equals(last.raw)) break;
    last = issuer;
  }
  const root = parseCertificate(last.raw);
  return root?.ca === true ? { leaf, root } : { leaf };
}
