import type { X509Certificate } from "node:crypto";
import { publicKeyOf } from "./key-kinds.ts";

/** Whether it signed itself. Its names do not show this, because a CA and what it issued may have the same name. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && hasSigned(certificate, certificate);
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
