import { X509Certificate } from "node:crypto";
import { toTimestamp } from "../common/clock.ts";
import { foreignText } from "../common/foreign-text.ts";

/** What the status shows about a certificate. */
export interface CertificateFacts {
  /**
   * Distinguished names on one line, most specific part last, in OpenSSL's order: `O=Example, CN=edge-7`. The subject
   * of a certificate from cert-manager or a public CA may be empty; then this is the first alternative name, if there
   * is one.
   */
  readonly subject: string;
  readonly issuer: string;
  /** In the format of RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the DER form, in lower-case hexadecimal. */
  readonly fingerprint: string;
}

/** A peer may choose a name of any length, but a status has room for this many characters. */
const MAX_NAME_LENGTH = 1024;

export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  return {
    subject: subjectOf(certificate),
    issuer: issuerOf(certificate),
    notBefore: toTimestamp(certificate.validFromDate.getTime()),
    notAfter: toTimestamp(certificate.validToDate.getTime()),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** In the form that `CertificateFacts` uses. */
export function subjectOf(certificate: X509Certificate): string {
  return oneLine(distinguishedName(certificate, "subject") || firstAlternativeName(certificate));
}

export function issuerOf(certificate: X509Certificate): string {
  return oneLine(distinguishedName(certificate, "issuer"));
}

/**
 * Has one part per line, as in Node. An empty name gives an empty text: Node returns undefined for it, in spite of its
 * types.
 */
function distinguishedName(certificate: X509Certificate, which: "subject" | "issuer"): string {
  const name: string | undefined = certificate[which];
  return name ?? "";
}

/**
 * Returns undefined if the text is not a certificate, or one with invalid dates, which OpenSSL parses without an error.
 */
export function parseCertificate(pem: string | Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return hasRealDates(certificate) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** For invalid dates, validFromDate and validToDate hold arbitrary memory, and the text is `Bad time value`. */
export function hasRealDates({ validFrom, validTo }: X509Certificate): boolean {
  return ![validFrom, validTo].some((date) => Number.isNaN(Date.parse(date)));
}

/** In OpenSSL's notation: `DNS:edge-7.example.com`. */
function firstAlternativeName({ subjectAltName }: X509Certificate): string {
  return /^[^,]*/.exec(subjectAltName ?? "")?.[0] ?? "";
}

function oneLine(name: string): string {
  return foreignText(name.replaceAll("\n", ", "), MAX_NAME_LENGTH);
}
