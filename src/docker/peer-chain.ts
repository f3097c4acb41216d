import type { X509Certificate } from "node:crypto";
import { hasSigned } from "../common/x509/signed-by.ts";
import { hasRealDates } from "./certificate.ts";

/** The certificates that a server showed in a handshake, even if it failed. */
export interface PeerChain {
  readonly leaf: X509Certificate;
  /** The certificates above the leaf, in order. */
  readonly above: readonly X509Certificate[];
  /** The last certificate of a verified chain, which is the trusted one; undefined if the leaf itself is trusted. */
  readonly authority?: X509Certificate;
}

/** More than any real chain has. */
const MAX_LINKS = 10;

/** Orders the certificates that a server sent without being verified. */
export function linkChain(presented: readonly X509Certificate[]): PeerChain | undefined {
  const [leaf] = presented;
  // Only an unverified server can send a certificate without dates, and there is nothing to show about it.
  if (leaf === undefined || !hasRealDates(leaf)) return undefined;
  const candidates = presented.filter(hasRealDates);
  const above: X509Certificate[] = [];
  let last = leaf;
  while (above.length < MAX_LINKS) {
    const issuer = issuerOf(last, candidates);
    if (issuer === undefined || isAmong(issuer, [leaf, ...above])) break;
    above.push(issuer);
    last = issuer;
  }
  return { leaf, above };
}

/** Takes a verified chain: its leaf first, the trusted certificate last. */
export function verifiedChain([leaf, ...above]: readonly X509Certificate[]): PeerChain | undefined {
  const authority = above.at(-1);
  return leaf === undefined ? undefined : { leaf, above, ...(authority === undefined ? {} : { authority }) };
}

function issuerOf(certificate: X509Certificate, candidates: readonly X509Certificate[]): X509Certificate | undefined {
  return candidates.find((candidate) => certificate.checkIssued(candidate) && hasSigned(candidate, certificate));
}

function isAmong({ raw }: X509Certificate, others: readonly X509Certificate[]): boolean {
  return others.some((other) => other.raw.equals(raw));
}
