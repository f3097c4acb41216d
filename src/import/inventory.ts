import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { certificateBlocks, type PemBlock, pemBlocks } from "../common/pem.ts";
import { hasSigned, isSelfSigned } from "../common/x509/signed-by.ts";
import { parseCertificate } from "../docker/certificate.ts";
import type { FoundPem } from "./tls-secret.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";

/** A text with PEM blocks: a file, or a field in a file. */
export interface PemItem extends FoundPem {
  /** The last part of its name, which can show its purpose: `ca.pem`, `issuing_ca`. */
  readonly name: string;
  /**
   * Identifies the items that belong together if a folder contains several sets. For fields in a file, this is the
   * file.
   */
  readonly group: string;
}

export interface CertificateItem extends PemItem {
  readonly certificates: readonly X509Certificate[];
}

export interface KeyItem extends PemItem {
  /** undefined for a key that cannot be read because it is encrypted or damaged. */
  readonly key: KeyObject | undefined;
}

/** The contents of a folder, classified by what the files contain. */
export interface Inventory {
  readonly items: readonly PemItem[];
  readonly certificates: readonly CertificateItem[];
  readonly keys: readonly KeyItem[];
}

export function takeInventory(items: readonly PemItem[]): Inventory {
  const certificates: CertificateItem[] = [];
  const keys: KeyItem[] = [];
  for (const item of items) {
    const parsed = certificateBlocks(item.pem).map((block) => parseCertificate(block));
    const sound = parsed.filter((each) => each !== undefined);
    if (sound.length > 0 && sound.length === parsed.length) certificates.push({ ...item, certificates: sound });
    const block = pemBlocks(item.pem).find(({ label }) => label.endsWith("PRIVATE KEY"));
    if (block !== undefined && block.label !== "OPENSSH PRIVATE KEY") keys.push({ ...item, key: readKey(block) });
  }
  return { items, certificates, keys };
}

function readKey({ encrypted, text }: PemBlock): KeyObject | undefined {
  // Do not try: OpenSSL would ask for a passphrase.
  if (encrypted) return undefined;
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

export function leafOf(item: CertificateItem): X509Certificate | undefined {
  return item.certificates[0];
}

/** Whether all certificates of an item are CAs. */
export function isAuthority(item: CertificateItem): boolean {
  return item.certificates.every((certificate) => certificate.ca);
}

export function mayBeClient(certificate: X509Certificate): boolean {
  const usages = certificate.keyUsage;
  return usages === undefined || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE);
}

export function belongsTo(key: KeyItem, certificate: X509Certificate | undefined): boolean {
  return key.key !== undefined && certificate?.checkPrivateKey(key.key) === true;
}

/** Removes duplicate certificates. */
export function distinct(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint256, each])).values()];
}

/** Returns the issuers of a certificate, nearest first, as far as they are among the given ones. */
export function issuersOf(leaf: X509Certificate, among: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current = leaf;
  while (!isSelfSigned(current)) {
    const issuer = among.find((each) => each.ca && current.checkIssued(each) && hasSigned(each, current));
    if (issuer === undefined || chain.includes(issuer)) break;
    chain.push(issuer);
    current = issuer;
  }
  return chain;
}
