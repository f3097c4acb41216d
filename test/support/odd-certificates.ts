import "./reflect-metadata.ts";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "./pki.ts";

export interface OddOptions {
  readonly commonName: string;
  /** Who signs; default itself. */
  readonly issuer?: OddCertificate;
  readonly ca?: boolean;
  readonly dnsNames?: readonly string[];
  /** Of the RSA key; default P-256 instead. */
  readonly rsaBits?: number;
  /** Of the signatures that this certificate's key makes, its own one if it signs itself; default SHA-256. */
  readonly hash?: "SHA-1" | "SHA-256";
}

export interface OddCertificate extends KeyPair {
  readonly certificate: x509.X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
  readonly algorithm: Algorithm;
}

type Algorithm = webcrypto.RsaHashedKeyGenParams | (webcrypto.EcKeyGenParams & { readonly hash: string });

const HOUR_MS = 3_600_000;

/** Certificates that an authority in its right mind does not issue: weak, self-signed leaves; and intermediates. */
export async function makeOddCertificate(options: OddOptions): Promise<OddCertificate> {
  const { commonName, issuer, ca = false, dnsNames = [] } = options;
  const algorithm = algorithmOf(options);
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const subject: x509.JsonName = [{ CN: [commonName] }];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer?.certificate.subjectName ?? subject,
      notBefore: new Date(Date.now() - HOUR_MS),
      notAfter: new Date(Date.now() + 1_000 * HOUR_MS),
      signingAlgorithm: issuer?.algorithm ?? algorithm,
      signingKey: issuer?.privateKey ?? keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(ca, undefined, true),
        ...(dnsNames.length === 0
          ? []
          : [new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: "dns", value })))]),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
    certificate,
    privateKey: keys.privateKey,
    algorithm,
  };
}

function algorithmOf({ rsaBits, hash = "SHA-256" }: OddOptions): Algorithm {
  if (rsaBits === undefined) return { name: "ECDSA", namedCurve: "P-256", hash };
  return { name: "RSASSA-PKCS1-v1_5", hash, modulusLength: rsaBits, publicExponent: new Uint8Array([1, 0, 1]) };
}
