import { generateKeyPairSync } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { makeOddCertificate, type OddOptions } from "../../support/odd-certificates.ts";
import { BY_NAME, type Pki, tlsListener, verifying } from "../pki.ts";
import { overEachVersion, type Row } from "../row.ts";

/** OpenSSL would refuse to serve with some of these. */
const WEAK = { ciphers: "DEFAULT@SECLEVEL=0" } as const;

/** What the server's certificate is made for and of, and which TLS it speaks. */
export async function serverStrengthRows(pki: Pki): Promise<readonly Row[]> {
  return [
    ...(await usageRows(pki)),
    ...(await keyRows(pki)),
    ...protocolRows(pki, await pki.server({ rsaBits: 2048 })),
  ];
}

async function usageRows(pki: Pki): Promise<readonly Row[]> {
  const client = verifying(pki.root);
  const row = async (what: string, options: Partial<OddOptions>) => ({
    what: `a server's certificate ${what}`,
    listener: tlsListener(await pki.server(options)),
    client,
  });
  const connects = { docker: "connects", product: "Ready" } as const;
  const { keyCertSign, cRLSign, keyEncipherment, digitalSignature } = x509.KeyUsageFlags;
  const asCa = await makeOddCertificate({
    commonName: "self CA",
    ca: true,
    ipAddresses: ["127.0.0.1"],
    keyUsage: keyCertSign | cRLSign,
  });
  return [
    ...overEachVersion({
      ...(await row("for clients only", { usages: ["1.3.6.1.5.5.7.3.2"] })),
      docker: /incompatible key usage/,
      product: "ServerCertificateUsageInvalid",
    }),
    { ...(await row("for servers and clients", { usages: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"] })), ...connects },
    { ...(await row("without extended key usages", { usages: [] })), ...connects },
    {
      ...(await row("for any usage", { usages: ["2.5.29.37.0"] })),
      docker: "connects",
      product: "ServerCertificateUsageInvalid",
      difference: BY_NAME,
    },
    { ...(await row("for signatures", { keyUsage: digitalSignature })), ...connects },
    {
      ...(await row("with an RSA key for encipherment only", { rsaBits: 2048, keyUsage: keyEncipherment })),
      ...connects,
    },
    { ...(await row("with an EC key for encipherment only", { keyUsage: keyEncipherment })), ...connects },
    {
      what: "a self-signed server that may sign certificates only",
      listener: tlsListener(asCa),
      client: verifying(asCa),
      docker: "connects",
      product: "ServerCertificateUsageInvalid",
      difference:
        "TLS signs with the server's key, which this certificate forbids (RFC 8446, 4.4.2.2). OpenSSL checks that, Go does not.",
    },
    {
      ...(await row("with a critical extension that nobody knows", {
        extensions: [{ oid: "1.2.3.4.5", critical: true, value: Buffer.from([5, 0]) }],
      })),
      docker: /unhandled critical extension/,
      product: "ServerCertificateMalformed",
    },
  ];
}

async function keyRows(pki: Pki): Promise<readonly Row[]> {
  const connects = { docker: "connects", product: "Ready" } as const;
  const sha1Root = await makeOddCertificate({ commonName: "SHA-1 root", ca: true, rsaBits: 2048, hash: "SHA-1" });
  const shortRoot = await makeOddCertificate({ commonName: "short root", ca: true, rsaBits: 1024 });
  const row = async (what: string, options: Partial<OddOptions>) => ({
    what,
    listener: tlsListener(await pki.server(options), WEAK),
    client: verifying(options.issuer ?? pki.root),
  });
  return [
    { ...(await row("a negative serial number", { serialNumber: "ff01" })), ...connects },
    {
      ...(await secp256k1Row(pki)),
      docker: /handshake failure/,
      product: "TLSHandshakeFailed",
    },
    { ...(await row("an RSA key of 2048 bits", { rsaBits: 2048 })), ...connects },
    { ...(await row("a P-384 key", { curve: "P-384" })), ...connects },
    { ...(await row("a P-521 key", { curve: "P-521" })), ...connects },
    ...overEachVersion({ ...(await row("an Ed25519 key", { curve: "Ed25519" })), ...connects }),
    ...overEachVersion({
      ...(await row("a signature with SHA-1", { issuer: sha1Root, rsaBits: 2048 })),
      docker: /insecure algorithm SHA1-RSA/,
      product: "ServerCertificateTooWeak",
    }),
    ...overEachVersion({ ...(await row("an RSA key of 1024 bits", { rsaBits: 1024 })), ...connects }),
    { ...(await row("a CA with an RSA key of 1024 bits", { issuer: shortRoot })), ...connects },
  ];
}

/** A curve of cryptocurrencies, which Go does not know. */
async function secp256k1Row(pki: Pki): Promise<Pick<Row, "what" | "listener" | "client">> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const { certPem } = await pki.server({ publicKey: publicKey.export({ format: "der", type: "spki" }) });
  const keyPem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const options = { ecdhCurve: "P-256", sigalgs: "ECDSA+SHA256", maxVersion: "TLSv1.2" } as const;
  return {
    what: "a key on the curve secp256k1",
    listener: tlsListener({ certPem, keyPem }, options),
    client: verifying(pki.root),
  };
}

const SOUND = "It is as safe as what docker offers, but docker's client does not offer it.";

function protocolRows(pki: Pki, rsa: { certPem: string; keyPem: string }): readonly Row[] {
  const client = verifying(pki.root);
  const only = (ciphers: string) => tlsListener(rsa, { ciphers, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
  const connects = { docker: "connects", product: "Ready" } as const;
  const noCipher = { docker: /handshake failure/, product: "TLSHandshakeFailed" } as const;
  return [
    {
      what: "a server of TLS 1.1",
      listener: tlsListener(rsa, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ...WEAK }),
      client,
      docker: /protocol version not supported/,
      product: "TLSVersionUnsupported",
    },
    {
      what: "a server of ECDHE-RSA-AES128-GCM-SHA256",
      listener: only("ECDHE-RSA-AES128-GCM-SHA256"),
      client,
      ...connects,
    },
    {
      what: "a server of ECDHE-RSA-AES256-GCM-SHA384",
      listener: only("ECDHE-RSA-AES256-GCM-SHA384"),
      client,
      ...connects,
    },
    {
      what: "a server of ciphers in CBC mode",
      listener: only("ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"),
      client,
      ...noCipher,
    },
    { what: "a server without forward secrecy", listener: only("AES128-GCM-SHA256"), client, ...noCipher },
    {
      what: "a server of DHE only",
      listener: {
        ...only("DHE-RSA-AES128-GCM-SHA256"),
        options: { ciphers: "DHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2", dhparam: "auto" },
      },
      client,
      ...noCipher,
    },
    {
      what: "a server of ChaCha20 only",
      listener: only("ECDHE-RSA-CHACHA20-POLY1305"),
      client,
      ...noCipher,
      product: "Ready",
      difference: SOUND,
    },
    {
      what: "a server of the curve P-521 only",
      listener: tlsListener(rsa, { ecdhCurve: "P-521" }),
      client,
      ...connects,
    },
    {
      what: "a server of the curve X25519 only",
      listener: tlsListener(rsa, { ecdhCurve: "X25519" }),
      client,
      ...connects,
    },
    {
      what: "a server of the curve X448 only",
      listener: tlsListener(rsa, { ecdhCurve: "X448" }),
      client,
      ...noCipher,
      product: "Ready",
      difference: SOUND,
    },
  ];
}
