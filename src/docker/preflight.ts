import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { certificateBlocks, MAX_BUNDLE_BYTES, MAX_CERTIFICATE_BYTES, MAX_KEY_BYTES, pemBlocks } from "../common/pem.ts";
import { failure, success } from "../common/result.ts";
import { type CertificateFacts, certificateFacts, parseCertificate } from "./certificate.ts";
import type { CredentialFile, CredentialFiles } from "./credential-layout.ts";

/** Credentials that were judged sound: what node:tls takes, and what the status tells. */
export interface TlsCredentials {
  /** PEM certificates that alone verify the server; undefined where the system's roots do. */
  readonly ca?: readonly string[];
  readonly client?: {
    /** The leaf and its intermediates. */
    readonly cert: string;
    readonly key: string;
    readonly facts: CertificateFacts;
  };
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

/**
 * Everything that can be known wrong without a connection. Node accepts much of it silently (a key of another type
 * is dropped, an unparsable CA ignored), and the daemon's alert then says nothing of the cause.
 * @param now wall-clock milliseconds, against which validity is judged
 */
export function preflight(files: CredentialFiles, now: number): Outcome<TlsCredentials> {
  const ca = files.ca === undefined ? success(undefined) : readAuthorities(files.ca);
  if (!ca.ok) return ca;
  if (files.cert === undefined || files.key === undefined)
    return success(ca.value === undefined ? {} : { ca: ca.value });
  const client = readClient(files.cert, files.key, now);
  if (!client.ok) return client;
  return success({ ...(ca.value === undefined ? {} : { ca: ca.value }), client: client.value });
}

function readAuthorities(file: CredentialFile): Outcome<readonly string[]> {
  if (file.pem.length > MAX_BUNDLE_BYTES) return invalidAuthority(file, `it is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const blocks = certificateBlocks(file.pem);
  if (blocks.length === 0) return invalidAuthority(file, "it holds no PEM certificate");
  for (const block of blocks) {
    const certificate = parseCertificate(block);
    if (certificate === undefined) return invalidAuthority(file, "it holds a certificate that cannot be parsed");
    // A self-signed leaf may stand for itself, as Docker's client allows.
    if (!certificate.ca && certificate.subject !== certificate.issuer) {
      return invalidAuthority(file, "it holds a certificate that is no CA");
    }
  }
  return success(blocks);
}

function invalidAuthority(file: CredentialFile, why: string) {
  return failure(advised("CACertificateInvalid", `The CA ${file.label} cannot be used: ${why}`));
}

function readClient(
  cert: CredentialFile,
  key: CredentialFile,
  now: number,
): Outcome<NonNullable<TlsCredentials["client"]>> {
  if (cert.pem.length > MAX_CERTIFICATE_BYTES) {
    return invalidCertificate(cert, `is larger than ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  const chain = certificateBlocks(cert.pem);
  const leaf = chain[0] === undefined ? undefined : parseCertificate(chain[0]);
  if (leaf === undefined || chain.some((block) => parseCertificate(block) === undefined)) {
    return invalidCertificate(cert, "is no PEM certificate");
  }
  const privateKey = readKey(key);
  if (!privateKey.ok) return privateKey;
  const problem = CHECKS.map((check) => check(leaf, privateKey.value.object, { cert, key, now })).find(
    (found) => found !== undefined,
  );
  if (problem !== undefined) return failure(problem);
  return success({ cert: chain.join(""), key: privateKey.value.pem, facts: certificateFacts(leaf) });
}

function readKey(file: CredentialFile): Outcome<{ pem: string; object: KeyObject }> {
  if (file.pem.length > MAX_KEY_BYTES) {
    return refusedKey("ClientKeyInvalid", file, `is larger than ${MAX_KEY_BYTES} bytes`);
  }
  // Old EC keys carry a block of parameters before the key.
  const block = pemBlocks(file.pem).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) return refusedKey("ClientKeyInvalid", file, "is no PEM private key");
  if (block.text.includes("ENCRYPTED")) return refusedKey("ClientKeyEncrypted", file, "is encrypted");
  try {
    return success({ pem: block.text, object: createPrivateKey(block.text) });
  } catch {
    // OpenSSL's error may quote the input: it is not passed on.
    return refusedKey("ClientKeyInvalid", file, "cannot be parsed");
  }
}

function invalidCertificate(file: CredentialFile, why: string) {
  return failure(advised("ClientCertificateInvalid", `The client certificate ${file.label} ${why}`));
}

function refusedKey(reason: "ClientKeyInvalid" | "ClientKeyEncrypted", file: CredentialFile, why: string) {
  return failure(advised(reason, `The private key ${file.label} ${why}`));
}

interface CheckContext {
  readonly cert: CredentialFile;
  readonly key: CredentialFile;
  readonly now: number;
}

type Check = (leaf: X509Certificate, key: KeyObject, context: CheckContext) => Failure | undefined;

/** The first that is violated is told. */
const CHECKS: readonly Check[] = [
  (leaf, key, { cert, key: file }) =>
    leaf.checkPrivateKey(key)
      ? undefined
      : advised("ClientKeyMismatch", `The private key ${file.label} does not belong to the certificate ${cert.label}`),
  (leaf, _key, { cert, now }) =>
    now > leaf.validToDate.getTime()
      ? advised(
          "ClientCertificateExpired",
          `The client certificate ${cert.label} expired on ${certificateFacts(leaf).notAfter}`,
        )
      : undefined,
  (leaf, _key, { cert, now }) =>
    now < leaf.validFromDate.getTime()
      ? advised(
          "ClientCertificateNotYetValid",
          `The client certificate ${cert.label} is not valid before ${certificateFacts(leaf).notBefore}`,
        )
      : undefined,
  // Node names the extended key usages `keyUsage`; a certificate without any may be used for everything.
  (leaf, _key, { cert }) =>
    leaf.keyUsage === undefined || leaf.keyUsage.includes(CLIENT_AUTH) || leaf.keyUsage.includes(ANY_USAGE)
      ? undefined
      : advised("ClientCertificateUsageInvalid", `The client certificate ${cert.label} may not be used by a client`),
];
