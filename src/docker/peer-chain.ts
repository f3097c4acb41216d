import type { X509Certificate } from "node:crypto";
import { hasRealDates, parseCertificate } from "./certificate.ts";
import { publicKeyOf } from "./key-kinds.ts";

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

/**
 * Puts in order what a server sent. The trusted certificate itself need not be sent: it is found by its signature.
 * @param trusted PEM, one each, by which the chain was verified; undefined where it was not
 */
export function linkChain(
  presented: readonly X509Certificate[],
  trusted: readonly string[] | undefined,
): PeerChain | undefined {
  const [leaf] = presented;
  // A certificate without dates can only come from a server that is not verified, and has nothing to show.
  if (leaf === undefined || !hasRealDates(leaf)) return undefined;
  const anchors = (trusted ?? []).map(parseCertificate).filter((certificate) => certificate !== undefined);
  const above: X509Certificate[] = [];
  let last = leaf;
  while (above.length < MAX_LINKS && !isAmong(last, anchors)) {
    const issuer = issuerOf(last, anchors) ?? issuerOf(last, presented.filter(hasRealDates));
    if (issuer === undefined || isAmong(issuer, [leaf, ...above])) break;
    above.push(issuer);
    last = issuer;
  }
  return { leaf, above, ...(last !== leaf && isAmong(last, anchors) ? { authority: last } : {}) };
}

export function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  const key = publicKeyOf(issuer);
  try {
    return key !== undefined && certificate.verify(key);
  } catch {
    // A key of another kind than the signature.
    return false;
  }
}

function issuerOf(certificate: X509Certificate, candidates: readonly X509Certificate[]): X509Certificate | undefined {
  return candidates.find((candidate) => certificate.checkIssued(candidate) && hasSigned(candidate, certificate));
}

function isAmong({ raw }: X509Certificate, others: readonly X509Certificate[]): boolean {
  return others.some((other) => other.raw.equals(raw));
}
