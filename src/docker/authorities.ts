import type { X509Certificate } from "node:crypto";
import { advised, type Outcome } from "../api/failure.ts";
import { toTimestamp } from "../common/clock.ts";
import { describeMisplaced } from "../common/misplaced-material.ts";
import { MAX_BUNDLE_BYTES, pemBlocks } from "../common/pem.ts";
import { failure, success } from "../common/result.ts";
import { publicKeyOf, unsupportedKind } from "../common/x509/key-kinds.ts";
import { isSelfSigned } from "../common/x509/signed-by.ts";
import { parseCertificate } from "./certificate.ts";
import type { CredentialFile } from "./credential-layout.ts";
import { expiredAuthority, ignoredData, ignoredLeaf } from "./credential-warnings.ts";

/** The usable content of a file of CAs. */
export interface Authorities {
  /** Each is one PEM certificate. */
  readonly certificates: readonly string[];
  readonly warnings: readonly string[];
}

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const ANY_USAGE = "2.5.29.37.0";

/**
 * Follows AppendCertsFromPEM of Go's crypto/x509: certificates that cannot be parsed are left out, and only a file
 * without any certificate is refused. An expired CA is not a failure: during a change of servers, bundles keep old CAs
 * next to new ones.
 * @param now wall-clock milliseconds, for the warnings
 */
export function readAuthorities(file: CredentialFile, now: number): Outcome<Authorities> {
  if (file.pem.length > MAX_BUNDLE_BYTES) return refused(file, `it is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const blocks = pemBlocks(file.pem).filter(({ label }) => label === "CERTIFICATE");
  const parsed = blocks.flatMap(({ hasHeaders, text: pem }) => {
    const certificate = hasHeaders ? undefined : parseCertificate(pem);
    return certificate === undefined || !hasKnownKey(certificate) ? [] : [{ pem, certificate }];
  });
  const usable = parsed.filter(({ certificate }) => canBeTrusted(certificate));
  if (blocks.length === 0) {
    const found = describeMisplaced(file.pem, "certificate");
    return refused(file, found === undefined ? "it holds no PEM certificate" : `it is ${found.what}`, found?.next);
  }
  if (parsed.length === 0) return refused(file, "it holds a certificate that cannot be parsed");
  if (usable.length === 0) return refused(file, "it holds a certificate that is not a CA");
  const expired = usable.find(({ certificate }) => now > certificate.validToDate.getTime());
  return success({
    certificates: usable.map(({ pem }) => pem),
    warnings: [
      // A block that was cut off does not count.
      ...(parsed.length < file.pem.split("-----BEGIN CERTIFICATE-----").length - 1
        ? [ignoredData(`CA ${file.label}`)]
        : []),
      ...(usable.length < parsed.length ? [ignoredLeaf(file.label)] : []),
      ...(expired === undefined
        ? []
        : [expiredAuthority(file.label, toTimestamp(expired.certificate.validToDate.getTime()))]),
    ],
  });
}

/**
 * Accepts a CA, any self-signed certificate, and a server's own certificate, which Docker's client trusts as well.
 * Anything else, such as a client certificate in place of the CA, cannot verify a server.
 */
function canBeTrusted(certificate: X509Certificate): boolean {
  // Node calls the extended key usages `keyUsage`. A certificate without any may be used for everything.
  const usages = certificate.keyUsage ?? [ANY_USAGE];
  const forServers = usages.includes(SERVER_AUTH) || usages.includes(ANY_USAGE);
  return certificate.ca || isSelfSigned(certificate) || (forServers && certificate.subjectAltName !== undefined);
}

/** Go parses only these kinds of certificates. */
function hasKnownKey(certificate: X509Certificate): boolean {
  const key = publicKeyOf(certificate);
  return key !== undefined && unsupportedKind(key) === undefined;
}

function refused(file: CredentialFile, why: string, next?: string) {
  return failure(advised("CACertificateInvalid", `The CA ${file.label} cannot be used: ${why}`, undefined, next));
}
