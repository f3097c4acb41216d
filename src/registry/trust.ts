import { createPrivateKey, hash, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { advised, type Outcome } from "../api/failure.ts";
import { certificateBlocks } from "../common/pem.ts";
import { failure, success } from "../common/result.ts";

/** A certificate that is shown to a registry, and its key; both PEM. */
export interface ClientPair {
  readonly cert: string;
  readonly key: string;
}

/** What is trusted for a registry, and what may be shown to it in the TLS handshake. */
export interface RegistryTrust {
  /** PEM certificates that are roots in addition to the system's. */
  readonly roots: readonly string[];
  /** In the order in which they are tried; if absent or empty, no certificate is shown. */
  readonly clientPairs?: readonly ClientPair[];
}

/** Trusts only the system's roots, and shows no certificate. */
export const SYSTEM_TRUST: RegistryTrust = { roots: [] };

/** A check needs the fingerprint of the same trust for each of its images. */
const FINGERPRINTS = new WeakMap<RegistryTrust, string>();

/**
 * Equal for equal trust. The key counts as well: that it belongs to its certificate is checked with its public part,
 * which anybody can put in front of a key of their own. Only a hash of the key leaves this function.
 */
export function trustFingerprint(trust: RegistryTrust): string {
  const known = FINGERPRINTS.get(trust);
  if (known !== undefined) return known;
  const { roots, clientPairs = [] } = trust;
  const shown = clientPairs.map(({ cert, key }) => [cert, key]);
  const fingerprint = hash("sha256", JSON.stringify([roots, shown]), "hex");
  FINGERPRINTS.set(trust, fingerprint);
  return fingerprint;
}

/**
 * Reads a Secret with the layout of Docker's certs.d folder: every `*.crt` is a root, and `X.cert` with `X.key`, or
 * `tls.crt` with `tls.key`, is a client pair. The pairs are sorted by name. Other files are ignored. Fails with
 * RegistryConfigInvalid and names the file.
 * @param secret the Secret's name, for messages
 */
export function readTrust(secret: string, files: Readonly<Record<string, string>>): Outcome<RegistryTrust> {
  const refuse = (problem: string) => failure(advised("RegistryConfigInvalid", `The Secret ${secret} ${problem}`));
  const names = Object.keys(files).sort();
  const isTlsPair = "tls.crt" in files && !("tls.cert" in files);
  const certOf = (stem: string) => (stem === "tls" && isTlsPair ? "tls.crt" : `${stem}.cert`);

  const roots: string[] = [];
  for (const name of names.filter((n) => n.endsWith(".crt") && !(n === "tls.crt" && isTlsPair))) {
    const certificates = parseCertificates(files[name] ?? "");
    if (certificates === undefined) return refuse(`holds no PEM certificate, or a damaged one, in ${name}`);
    roots.push(...certificates);
  }

  const stems = new Set(names.flatMap((name) => /^(.+)\.(?:cert|key)$/.exec(name)?.[1] ?? []));
  if (isTlsPair) stems.add("tls");
  const pairs: ClientPair[] = [];
  for (const stem of [...stems].sort()) {
    const [certName, keyName] = [certOf(stem), `${stem}.key`];
    const [cert, key] = [files[certName], files[keyName]];
    if (cert === undefined) {
      return refuse(`has ${keyName} without ${certName}`);
    }
    if (key === undefined) {
      return refuse(`has ${certName} without ${keyName}`);
    }
    const problem = checkPair(cert, key, certName, keyName);
    if (problem !== undefined) return refuse(problem);
    pairs.push({ cert, key });
  }

  if (roots.length === 0 && pairs.length === 0) {
    return refuse("holds neither *.crt files nor a pair of X.cert and X.key, or tls.crt and tls.key");
  }
  return success({ roots, clientPairs: pairs });
}

function checkPair(cert: string, key: string, certName: string, keyName: string): string | undefined {
  const leaf = parseCertificates(cert)?.[0];
  if (leaf === undefined) return `holds no PEM certificate, or a damaged one, in ${certName}`;
  if (key.includes("ENCRYPTED")) return `holds an encrypted private key in ${keyName}`;
  const privateKey = parseKey(key);
  if (privateKey === undefined) return `holds no PEM private key in ${keyName}`;
  if (!new X509Certificate(leaf).checkPrivateKey(privateKey)) {
    return `holds in ${keyName} a private key that does not belong to the certificate in ${certName}`;
  }
  return isUsable(cert, key) ? undefined : `holds in ${certName} a certificate that is too weak for TLS`;
}

/** Returns the PEM blocks; undefined if there are none or one is damaged. */
function parseCertificates(text: string): readonly string[] | undefined {
  const blocks = certificateBlocks(text);
  return blocks.length > 0 && blocks.every(isCertificate) ? blocks : undefined;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    // OpenSSL's error says less than the name of the file, which the caller adds.
    return false;
  }
}

function isUsable(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    // The pair belongs together, so if OpenSSL still refuses it, the cause is a short key or an outdated signature.
    return false;
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Nothing of an error about a private key may get into a message.
    return undefined;
  }
}
