import { X509Certificate } from "node:crypto";
import { toTimestamp } from "../common/clock.ts";
import { foreignText } from "../common/foreign-text.ts";

/** What the status shows of a certificate. */
export interface CertificateFacts {
  /**
   * Distinguished names on one line, most specific part last, as OpenSSL orders them: `O=Example, CN=edge-7`. A subject
   * may be empty, as cert-manager and public CAs issue it: then it is the first alternative name, if there is one.
   */
  readonly subject: string;
  readonly issuer: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 over the DER form, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/** A peer may name itself at any length; a status takes so many characters. */
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

/** As `CertificateFacts` has it. */
export function subjectOf(certificate: X509Certificate): string {
  return oneLine(distinguishedName(certificate, "subject") || firstAlternativeName(certificate));
}

export function issuerOf(certificate: X509Certificate): string {
  return oneLine(distinguishedName(certificate, "issuer"));
}

/** One part in each line, as Node has it; empty for an empty name, for which Node has no text in spite of its types. */
function distinguishedName(certificate: X509Certificate, which: "subject" | "issuer"): string {
  const name: string | undefined = certificate[which];
  return name ?? "";
}

/** undefined when the text is not a certificate, or one without real dates, which OpenSSL parses all the same. */
export function parseCertificate(pem: string | Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return hasRealDates(certificate) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Where they are not, validFromDate and validToDate are whatever stood in memory, and the text is `Bad time value`. */
export function hasRealDates({ validFrom, validTo }: X509Certificate): boolean {
  return ![validFrom, validTo].some((date) => Number.isNaN(Date.parse(date)));
}

/** Milliseconds before its end at which a certificate counts as expiring: later than any healthy renewal. */
export function expiryWindow(facts: Pick<CertificateFacts, "notBefore" | "notAfter">): number {
  const lifetime = Date.parse(facts.notAfter) - Date.parse(facts.notBefore);
  return Math.min(21 * 24 * 3_600_000, lifetime / 4);
}

/** As OpenSSL writes it: `DNS:edge-7.example.com`. */
function firstAlternativeName({ subjectAltName }: X509Certificate): string {
  return /^[^,]*/.exec(subjectAltName ?? "")?.[0] ?? "";
}

function oneLine(name: string): string {
  return foreignText(name.replaceAll("\n", ", "), MAX_NAME_LENGTH);
}
