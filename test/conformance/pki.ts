import "../support/reflect-metadata.ts";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { makeOddCertificate, type OddCertificate, type OddOptions } from "../support/odd-certificates.ts";
import type { KeyPair } from "../support/pki.ts";
import type { Client, Listener } from "./row.ts";

export const PAST = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") };
export const FUTURE = { notBefore: new Date("2090-01-01T00:00:00Z"), notAfter: new Date("2091-01-01T00:00:00Z") };

/** A difference that several rows have. */
export const BY_NAME =
  "OpenSSL demands that the certificate lists this usage (RFC 5280 leaves that open), and CAs list it when they issue for servers.";

/** What most rows share. */
export interface Pki {
  readonly root: OddCertificate;
  readonly otherRoot: OddCertificate;
  /** A server certificate of the root for 127.0.0.1, with what differs. */
  server(options?: Partial<OddOptions>): Promise<OddCertificate>;
  /** A client certificate of the root, with what differs. */
  clientPair(options?: Partial<OddOptions>): Promise<OddCertificate>;
  /** A valid server and a valid client. */
  readonly soundServer: OddCertificate;
  readonly soundClient: OddCertificate;
}

export async function createPki(): Promise<Pki> {
  const [root, otherRoot] = await Promise.all(["root", "other root"].map(makeRoot));
  if (root === undefined || otherRoot === undefined) throw new Error("no roots were made");
  const server = (options: Partial<OddOptions> = {}) =>
    makeOddCertificate({
      commonName: "server",
      issuer: root,
      ipAddresses: ["127.0.0.1"],
      usages: ["1.3.6.1.5.5.7.3.1"],
      ...options,
    });
  const clientPair = (options: Partial<OddOptions> = {}) =>
    makeOddCertificate({ commonName: "client", issuer: root, usages: ["1.3.6.1.5.5.7.3.2"], ...options });
  const [soundServer, soundClient] = await Promise.all([server(), clientPair()]);
  return { root, otherRoot, server, clientPair, soundServer, soundClient };
}

function makeRoot(commonName: string): Promise<OddCertificate> {
  return makeOddCertificate({ commonName, ca: true });
}

/** An authority (P-256) that exists already, to issue what it would not. */
export async function importAuthority({ certPem, keyPem }: KeyPair): Promise<OddCertificate> {
  const certificate = new x509.X509Certificate(certPem);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const der = x509.PemConverter.decodeFirst(keyPem);
  const keys: webcrypto.CryptoKeyPair = {
    privateKey: await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]),
    publicKey: await certificate.publicKey.export(algorithm, ["verify"], webcrypto),
  };
  return { certPem, keyPem, certificate, keys, algorithm };
}

/** A server with this certificate and those that it sends along. */
export function tlsListener(
  identity: KeyPair,
  options: NonNullable<Extract<Listener, { kind: "tls" }>["options"]> = {},
  chain: readonly KeyPair[] = [],
): Extract<Listener, { kind: "tls" }> {
  const certPem = [identity, ...chain].map((each) => each.certPem).join("");
  return { kind: "tls", identity: { certPem, keyPem: identity.keyPem }, options };
}

export function verifying(...authorities: readonly KeyPair[]): Client {
  return { mode: "verify", ca: authorities.map(({ certPem }) => certPem).join("") };
}
