import { X509Certificate } from "node:crypto";
import { toTimestamp } from "../common/clock.ts";
import { printable } from "../common/printable.ts";
import { truncate } from "../common/truncate.ts";

/** What the status tells of a certificate. */
export interface CertificateFacts {
  /** Distinguished names on one line, most specific part last, as OpenSSL orders them: `O=Example, CN=edge-7`. */
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
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBefore: toTimestamp(certificate.validFromDate.getTime()),
    notAfter: toTimestamp(certificate.validToDate.getTime()),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** undefined when the text is no certificate, or one without real dates, which OpenSSL parses all the same. */
export function parseCertificate(pem: string | Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem);
    // As text they are `Bad time value`; validFromDate and validToDate are then whatever stood in memory.
    const dates = [certificate.validFrom, certificate.validTo];
    return dates.some((date) => Number.isNaN(Date.parse(date))) ? undefined : certificate;
  } catch {
    return undefined;
  }
}

/** Milliseconds before its end at which a certificate counts as expiring: later than any healthy renewal. */
export function expiryWindow(facts: Pick<CertificateFacts, "notBefore" | "notAfter">): number {
  const lifetime = Date.parse(facts.notAfter) - Date.parse(facts.notBefore);
  return Math.min(21 * 24 * 3_600_000, lifetime / 4);
}

function oneLine(name: string): string {
  return printable(truncate(name.replaceAll("\n", ", "), MAX_NAME_LENGTH));
}
