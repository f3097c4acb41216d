import type { X509Certificate } from "node:crypto";
import { hasSigned } from "../common/x509/signed-by.ts";
import { hasRealDates } from "./certificate.ts";

/** The certificates that a server showed in a handshake, also in one that failed. */
export interface PeerChain {
  readonly leaf: X509Certificate;
  /** Those above it, in order. */
  readonly above: readonly X509Certificate[];
  /** The last of them in a verified chain: the one that is trusted. None where the leaf itself is trusted. */
  readonly authority?: X509Certificate;
}

/** No chain has more links. */
const MAX_LINKS = 10;

/** Puts in order what a server sent that was not verified. */
export function linkChain(presented: readonly X509Certificate[]): PeerChain | undefined {
  const [leaf] = presented;
  // A certificate without dates can only come from a server that is not verified, and has nothing to show.
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

/** A chain that was verified: its leaf first, the trusted certificate last. */
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
