import type { X509Certificate } from "node:crypto";
import { parseCertificate } from "./certificate.ts";
import { hasSigned } from "./peer-chain.ts";

/**
 * Among CAs of the same name, as a bundle holds them while a CA is replaced, OpenSSL takes the first and gives up when
 * its key does not fit; Go tries them all. This leaves out the ones that signed nothing of the chain where another of
 * the name did. undefined when there is no such choice. Nothing becomes trusted that was not: the list only shrinks.
 */
export function fittingIssuers(
  authorities: readonly string[],
  presented: readonly X509Certificate[],
): readonly string[] | undefined {
  const parsed = authorities.map((pem) => ({ pem, certificate: parseCertificate(pem) }));
  const fitting = parsed.filter(({ certificate }) => certificate !== undefined && signedAny(certificate, presented));
  const names = new Set(fitting.map(({ certificate }) => certificate?.subject));
  const kept = parsed.filter((entry) => !names.has(entry.certificate?.subject) || fitting.includes(entry));
  return kept.length < authorities.length ? kept.map(({ pem }) => pem) : undefined;
}

function signedAny(authority: X509Certificate, presented: readonly X509Certificate[]): boolean {
  return presented.some((link) => link.issuer === authority.subject && hasSigned(authority, link));
}
