import "./reflect-metadata.ts";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "./pki.ts";

export interface OddOptions {
  /** Empty: the certificate has an empty subject, and its alternative names are critical, as cert-manager issues it. */
  readonly commonName: string;
  /** Who signs; default itself. */
  readonly issuer?: OddCertificate;
  readonly ca?: boolean;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Extended key usages, as OIDs or names of `x509.ExtendedKeyUsage`. */
  readonly usages?: readonly string[];
  /** The extension is left out if none is given. */
  readonly keyUsage?: x509.KeyUsageFlags;
  /** Alternative names of any kind, in addition to those above. */
  readonly names?: readonly x509.JsonGeneralName[];
  /** In addition to those that the other options make, in DER. */
  readonly extensions?: readonly { readonly oid: string; readonly critical?: boolean; readonly value: Buffer }[];
  /** Whether no basic constraints are added. */
  readonly bare?: boolean;
  /** Hexadecimal. */
  readonly serialNumber?: string;
  /** Default: an hour ago, and some weeks ahead. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Another certificate whose key is used once more, as in a renewal. */
  readonly sameKeyAs?: OddCertificate;
  /** A public key (SPKI, DER) in place of the own one, such as WebCrypto cannot make. */
  readonly publicKey?: Buffer;
  /** Default P-256. */
  readonly curve?: "P-256" | "P-384" | "P-521" | "Ed25519";
  /** Of the RSA key, which is then made instead. */
  readonly rsaBits?: number | undefined;
  /** Of the signatures that this certificate's key makes, its own one if it signs itself; default SHA-256. */
  readonly hash?: "SHA-1" | "SHA-256";
}

export interface OddCertificate extends KeyPair {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly algorithm: Algorithm;
}

type Algorithm =
  | webcrypto.RsaHashedKeyGenParams
  | (webcrypto.EcKeyGenParams & { readonly hash: string })
  | { readonly name: "Ed25519" };

const HOUR_MS = 3_600_000;

/** Certificates that an authority in its right mind does not issue: weak, self-signed, malformed; and intermediates. */
export async function makeOddCertificate(options: OddOptions): Promise<OddCertificate> {
  const { commonName, issuer, ca = false, dnsNames = [], ipAddresses = [], usages = [], sameKeyAs } = options;
  const algorithm = sameKeyAs?.algorithm ?? algorithmOf(options);
  const keys = sameKeyAs?.keys ?? (await generateKeys(algorithm));
  const names: x509.JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...(options.names ?? []),
  ];
  const subject: x509.JsonName = commonName === "" ? [] : [{ CN: [commonName] }];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.certificate.subjectName ?? subject,
      ...(options.serialNumber === undefined ? {} : { serialNumber: options.serialNumber }),
      notBefore: options.notBefore ?? new Date(Date.now() - HOUR_MS),
      notAfter: options.notAfter ?? new Date(Date.now() + 1_000 * HOUR_MS),
      signingAlgorithm: issuer?.algorithm ?? algorithm,
      signingKey: issuer?.keys.privateKey ?? keys.privateKey,
      publicKey:
        options.publicKey === undefined ? keys.publicKey : new x509.PublicKey(new Uint8Array(options.publicKey)),
      extensions: [
        ...(options.bare === true ? [] : [new x509.BasicConstraintsExtension(ca, undefined, true)]),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names, commonName === "")]),
        ...(usages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...usages])]),
        ...(options.keyUsage === undefined ? [] : [new x509.KeyUsagesExtension(options.keyUsage, true)]),
        ...(options.extensions ?? []).map(
          ({ oid, critical = false, value }) => new x509.Extension(oid, critical, new Uint8Array(value)),
        ),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
    certificate,
    keys,
    algorithm,
  };
}

async function generateKeys(algorithm: Algorithm): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

function algorithmOf({ rsaBits, curve = "P-256", hash = "SHA-256" }: OddOptions): Algorithm {
  if (curve === "Ed25519") return { name: curve };
  if (rsaBits === undefined) return { name: "ECDSA", namedCurve: curve, hash };
  return { name: "RSASSA-PKCS1-v1_5", hash, modulusLength: rsaBits, publicExponent: new Uint8Array([1, 0, 1]) };
}
