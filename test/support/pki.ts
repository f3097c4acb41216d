import "./reflect-metadata.ts";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

export type KeyType = "ec" | "rsa";
export type Usage = "serverAuth" | "clientAuth";

/** A certificate and its private key (PKCS#8), both PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface Validity {
  /** Default: one hour ago, so that a clock slightly behind still accepts it. */
  readonly notBefore?: Date;
  /** Default: a year from now. */
  readonly notAfter?: Date;
}

export interface AuthorityOptions extends Validity {
  readonly commonName: string;
  /** Lifetime from now, where `notAfter` is not given. */
  readonly days?: number;
  readonly keyType?: KeyType;
}

export interface IssueOptions extends Validity {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Extended key usage; default both, as Docker's own instructions make only in two certificates. */
  readonly usages?: readonly Usage[];
  readonly keyType?: KeyType;
}

/** A certificate authority of the tests. */
export interface Authority extends KeyPair {
  issue(options: IssueOptions): Promise<KeyPair>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const ALGORITHMS = {
  ec: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

/** A self-signed authority (P-256 by default). */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const keyType = options.keyType ?? "ec";
  const keys = await generateKeys(keyType);
  const subject = name(options.commonName);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: subject,
      ...validity(options, options.days),
      signingAlgorithm: ALGORITHMS[keyType],
      signingKey: keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return {
    certPem: toPem(certificate),
    keyPem: await exportKey(keys.privateKey),
    issue: (leaf) => issue(leaf, certificate, keys.privateKey, keyType),
  };
}

async function issue(
  options: IssueOptions,
  authority: x509.X509Certificate,
  authorityKey: webcrypto.CryptoKey,
  authorityKeyType: KeyType,
): Promise<KeyPair> {
  const keyType = options.keyType ?? "ec";
  const keys = await generateKeys(keyType);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: name(options.commonName),
      issuer: authority.subjectName,
      ...validity(options),
      signingAlgorithm: ALGORITHMS[authorityKeyType],
      signingKey: authorityKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(leafKeyUsage(keyType), true),
        ...extendedKeyUsage(options.usages ?? ["serverAuth", "clientAuth"]),
        ...alternativeNames(options),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(authority, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certPem: toPem(certificate), keyPem: await exportKey(keys.privateKey) };
}

function generateKeys(keyType: KeyType): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[keyType], true, ["sign", "verify"]);
}

function name(commonName: string): x509.JsonName {
  return [{ CN: [commonName] }];
}

function validity(options: Validity, days = 365): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + days * DAY_MS),
  };
}

function leafKeyUsage(keyType: KeyType): x509.KeyUsageFlags {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  return keyType === "rsa" ? digitalSignature | keyEncipherment : digitalSignature;
}

function extendedKeyUsage(usages: readonly Usage[]): x509.Extension[] {
  if (usages.length === 0) return [];
  return [new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage]))];
}

function alternativeNames(options: IssueOptions): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...(options.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}
