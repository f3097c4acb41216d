import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { advised, type Failure, type Outcome } from "../api/failure.ts";
import { describeMisplaced } from "../common/misplaced-material.ts";
import { certificateBlocks, MAX_CERTIFICATE_BYTES, MAX_KEY_BYTES, pemBlocks } from "../common/pem.ts";
import { failure, success } from "../common/result.ts";
import { shortRsaBits, unsupportedKind } from "../common/x509/key-kinds.ts";
import { readAuthorities } from "./authorities.ts";
import { type CertificateFacts, certificateFacts, parseCertificate } from "./certificate.ts";
import type { CredentialFile, CredentialFiles } from "./credential-layout.ts";
import { ignoredData, shortKey } from "./credential-warnings.ts";

/** Credentials that were found valid: what node:tls takes, and what the status shows. */
export interface TlsCredentials {
  /** The only PEM certificates that verify the server; undefined if the system's roots do. */
  readonly ca?: readonly string[];
  readonly client?: {
    /** The leaf and its intermediates. */
    readonly cert: string;
    readonly key: string;
    readonly facts: CertificateFacts;
  };
  /** Problems that do not prevent the use of the credentials, but should be fixed. */
  readonly warnings?: readonly string[];
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

/**
 * Finds everything that can be known to be wrong without a connection, by the rules of Docker's own client. Node
 * silently accepts much of it (it drops a key of another type, and ignores a CA that cannot be parsed), and the
 * daemon's alert then does not reveal the cause.
 * @param now wall-clock milliseconds, against which validity is checked
 */
export function preflight(files: CredentialFiles, now: number): Outcome<TlsCredentials> {
  const ca = files.ca === undefined ? undefined : readAuthorities(files.ca, now);
  if (ca?.ok === false) return ca;
  const client =
    files.cert === undefined || files.key === undefined ? undefined : readClient(files.cert, files.key, now);
  if (client?.ok === false) return client;
  const warnings = [...(ca?.value.warnings ?? []), ...(client?.value.warnings ?? [])];
  return success({
    ...(ca === undefined ? {} : { ca: ca.value.certificates }),
    ...(client === undefined ? {} : { client: client.value.client }),
    ...(warnings.length === 0 ? {} : { warnings }),
  });
}

interface ClientReading {
  readonly client: NonNullable<TlsCredentials["client"]>;
  readonly warnings: readonly string[];
}

function readClient(cert: CredentialFile, key: CredentialFile, now: number): Outcome<ClientReading> {
  if (cert.pem.length > MAX_CERTIFICATE_BYTES) {
    return invalidCertificate(cert, `is larger than ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  const [first, ...others] = certificateBlocks(cert.pem);
  const leaf = first === undefined ? undefined : parseCertificate(first);
  if (first === undefined || leaf === undefined) {
    const found = describeMisplaced(cert.pem, "certificate");
    const otherwise = first === undefined ? "is not a PEM certificate" : "holds a certificate that cannot be parsed";
    return invalidCertificate(cert, found === undefined ? otherwise : `is ${found.what}`, found?.next);
  }
  const privateKey = readKey(key);
  if (!privateKey.ok) return privateKey;
  const chain = others.map((pem) => ({ pem, certificate: parseCertificate(pem) }));
  const issuers = chain.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  const context = { cert, key, now, issuers };
  const problem = CHECKS.map((check) => check(leaf, privateKey.value.object, context)).find(
    (found) => found !== undefined,
  );
  if (problem !== undefined) return failure(problem);
  const bits = shortRsaBits(leaf);
  return success({
    client: {
      // Docker also leaves out the following certificates that it cannot read.
      cert: first + chain.flatMap(({ pem, certificate }) => (certificate === undefined ? [] : [pem])).join(""),
      key: privateKey.value.pem,
      facts: certificateFacts(leaf),
    },
    warnings: [
      ...(issuers.length < chain.length ? [ignoredData(`client certificate ${cert.label}`)] : []),
      ...(bits === undefined ? [] : [shortKey(`client certificate ${cert.label}`, bits)]),
    ],
  });
}

function readKey(file: CredentialFile): Outcome<{ pem: string; object: KeyObject }> {
  if (file.pem.length > MAX_KEY_BYTES) {
    return refusedKey("ClientKeyInvalid", file, `is larger than ${MAX_KEY_BYTES} bytes`);
  }
  // Old EC keys carry a block of parameters in front of the key.
  const block = pemBlocks(file.pem).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined || block.label === "OPENSSH PRIVATE KEY") {
    const found = describeMisplaced(file.pem, "key");
    const why = found === undefined ? "is not a PEM private key" : `is ${found.what}`;
    return refusedKey("ClientKeyInvalid", file, why, found?.next);
  }
  if (block.encrypted) return refusedKey("ClientKeyEncrypted", file, "is encrypted");
  try {
    const object = createPrivateKey(block.text);
    const kind = unsupportedKind(object);
    if (kind === undefined) return success({ pem: block.text, object });
    return refusedKey("ClientKeyInvalid", file, `is of a kind that Docker does not take (${kind})`);
  } catch {
    // OpenSSL's error may quote the input, so it is not passed on.
    return refusedKey("ClientKeyInvalid", file, "cannot be parsed");
  }
}

function invalidCertificate(file: CredentialFile, why: string, next?: string) {
  const problem = `The client certificate ${file.label} ${why}`;
  return failure(advised("ClientCertificateInvalid", problem, undefined, next));
}

function refusedKey(
  reason: "ClientKeyInvalid" | "ClientKeyEncrypted",
  file: CredentialFile,
  why: string,
  next?: string,
) {
  return failure(advised(reason, `The private key ${file.label} ${why}`, undefined, next));
}

interface CheckContext {
  readonly cert: CredentialFile;
  readonly key: CredentialFile;
  readonly now: number;
  /** The certificates that follow the client's own. */
  readonly issuers: readonly X509Certificate[];
}

type Check = (leaf: X509Certificate, key: KeyObject, context: CheckContext) => Failure | undefined;

/** Only the first violated rule is reported. */
const CHECKS: readonly Check[] = [
  (leaf, key, { cert, key: file, issuers }) => {
    if (leaf.checkPrivateKey(key)) return undefined;
    const first = issuers.some((issuer) => issuer.checkPrivateKey(key)) ? ", but to one after the first there" : "";
    return advised(
      "ClientKeyMismatch",
      `The private key ${file.label} does not belong to the certificate ${cert.label}${first}`,
    );
  },
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
  // Node calls the extended key usages `keyUsage`. A certificate without any may be used for everything.
  (leaf, _key, { cert }) =>
    leaf.keyUsage === undefined || leaf.keyUsage.includes(CLIENT_AUTH) || leaf.keyUsage.includes(ANY_USAGE)
      ? undefined
      : advised("ClientCertificateUsageInvalid", `The client certificate ${cert.label} is not meant for clients`),
];
