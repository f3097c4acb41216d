import { createPrivateKey } from "node:crypto";
import { type Pki, tlsListener } from "../pki.ts";
import type { Answer, Client, FileContent, Row } from "../row.ts";
import { derOf, traditional } from "./encodings.ts";

/** What the files of a client's certificate and key may look like. */
export async function clientFileRows(pki: Pki): Promise<readonly Row[]> {
  const { root, soundClient } = pki;
  const rsa = await pki.clientPair({ rsaBits: 2048 });
  const [otherEc, otherRsa] = [await pki.clientPair(), await pki.clientPair({ rsaBits: 2048 })];
  const listener = tlsListener(pki.soundServer, { requestCert: true, rejectUnauthorized: true, ca: root.certPem });
  const row = (what: string, files: Pick<Client, "cert" | "key">, docker: Answer, product: Row["product"]): Row => ({
    what,
    listener,
    client: { mode: "verify", ca: root.certPem, ...files },
    docker,
    product,
  });
  const { certPem: cert, keyPem: key } = soundClient;
  const good = (what: string, files: Pick<Client, "cert" | "key">) => row(what, files, "connects", "Ready");
  const badCert = (what: string, file: FileContent) =>
    row(
      `a client certificate ${what}`,
      { cert: file, key },
      /failed to find|tls: |x509: |asn1: /,
      "ClientCertificateInvalid",
    );
  const badKey = (what: string, file: FileContent) =>
    row(`a key ${what}`, { cert, key: file }, /no valid private key|tls: |x509: |asn1: /, "ClientKeyInvalid");
  const mismatch = (what: string, file: string, docker: RegExp, files = { cert, key: file }) =>
    row(`a key ${what}`, files, docker, "ClientKeyMismatch");
  const unlike = /private key type does not match public key type/;
  const other = /private key does not match public key/;
  const legacy = { format: "pem", cipher: "aes-128-cbc", passphrase: "swordfish" } as const;
  return [
    good("a client's EC key in PKCS#8", { cert, key }),
    good("a client's EC key in SEC 1", { cert, key: traditional(key, "sec1") }),
    good("a client's EC key after its parameters", { cert, key: EC_PARAMETERS + traditional(key, "sec1") }),
    good("a client's RSA key in PKCS#8", { cert: rsa.certPem, key: rsa.keyPem }),
    good("a client's RSA key in PKCS#1", { cert: rsa.certPem, key: traditional(rsa.keyPem, "pkcs1") }),
    good("a client's files with CRLF line ends", { cert: crlf(cert), key: crlf(key) }),
    good("a client's files with blank lines", {
      cert: cert.replaceAll("\n", "\n\n"),
      key: key.replaceAll("\n", "\n\n"),
    }),
    good("a client's files with headers in PEM", { cert: withHeader(cert), key: withHeader(key) }),
    good("a client's certificate and key in one file", { cert: key + cert, key: cert + key }),
    good("a client's files with text around", { cert: `a certificate\n${cert}`, key: `a key\n${key}` }),
    // Docker shows none then, and says nothing.
    row(
      "a certificate without a key",
      { cert },
      /certificate required|reset by peer|broken pipe/,
      "ClientKeyPairIncomplete",
    ),
    row(
      "a key without a certificate",
      { key },
      /certificate required|reset by peer|broken pipe/,
      "ClientKeyPairIncomplete",
    ),
    {
      ...row(
        "a certificate without a key, to a server that asks for none",
        { cert },
        "connects",
        "ClientKeyPairIncomplete",
      ),
      listener: tlsListener(pki.soundServer),
      difference: "Docker silently ignores it. A user who configures a certificate expects that it is used.",
    },
    badCert("that is empty", ""),
    badCert("of words", "this is no certificate\n"),
    badCert("in DER", derOf(cert)),
    badCert("that is a key", key),
    badCert("with CR line ends", cert.replaceAll("\n", "\r")),
    badCert("that is cut", cert.slice(0, 200)),
    badCert("of broken base64", cert.replace(/\n.{4}/, "\n!!!!")),
    badCert("of other bytes", cert.replace(/\n.{10}/, "\nMIIBAAAAAA")),
    badKey("that is empty", ""),
    badKey("of words", "this is no key\n"),
    badKey("in DER", derOf(key)),
    badKey("that is a certificate", cert),
    badKey("of other bytes", key.replace(/\n.{10}/, "\nMIIBAAAAAA")),
    mismatch("of another certificate, EC", otherEc.keyPem, other),
    mismatch("of another certificate, RSA", "", other, { cert: rsa.certPem, key: otherRsa.keyPem }),
    mismatch("of another type, RSA for EC", rsa.keyPem, unlike),
    mismatch("of another type, EC for RSA", "", unlike, { cert: rsa.certPem, key }),
    row(
      "an encrypted key in PKCS#8",
      {
        cert,
        key: createPrivateKey(key)
          .export({ ...legacy, type: "pkcs8" })
          .toString(),
      },
      /failed to parse private key/,
      "ClientKeyEncrypted",
    ),
    row(
      "an encrypted key in PKCS#1",
      {
        cert: rsa.certPem,
        key: createPrivateKey(rsa.keyPem)
          .export({ ...legacy, type: "pkcs1" })
          .toString(),
      },
      /private key is encrypted/,
      "ClientKeyEncrypted",
    ),
    row(
      "an encrypted key in SEC 1",
      {
        cert,
        key: createPrivateKey(key)
          .export({ ...legacy, type: "sec1" })
          .toString(),
      },
      /private key is encrypted/,
      "ClientKeyEncrypted",
    ),
  ];
}

/** The name of the curve P-256, as `openssl ecparam -genkey` writes it before the key. */
const EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

function withHeader(pem: string): string {
  return pem.replace("-----\n", "-----\nFriendly-Name: edge-7\n\n");
}

function crlf(text: string): string {
  return text.replaceAll("\n", "\r\n");
}
