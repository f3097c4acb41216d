import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { MAX_BUNDLE_BYTES, MAX_CERTIFICATE_BYTES, MAX_KEY_BYTES } from "../common/pem.ts";
import { certificateFacts } from "./certificate.ts";
import type { CredentialFiles } from "./credential-layout.ts";
import { preflight } from "./preflight.ts";

const NOW = Date.now();

const authority = await createAuthority({ commonName: "fleet CA" });
const other = await createAuthority({ commonName: "other CA" });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
const sibling = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
const rsa = await authority.issue({ commonName: "operator", usages: ["clientAuth"], keyType: "rsa" });

interface Texts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

function files(texts: Texts): CredentialFiles {
  return Object.fromEntries(
    Object.entries(texts).map(([role, pem]) => [role, { label: `"${role}.pem" of Secret "edge-7-tls"`, pem }]),
  );
}

function pair({ certPem, keyPem }: KeyPair): Texts {
  return { cert: certPem, key: keyPem };
}

function problem(texts: Texts, now = NOW): { reason: string; message: string; cause?: unknown } {
  const judged = preflight(files(texts), now);
  return judged.ok ? { reason: "none", message: "" } : judged.failure;
}

describe("preflight of sound credentials", () => {
  it("gives what node:tls takes and what the status tells", () => {
    const judged = preflight(files({ ca: authority.certPem, ...pair(client) }), NOW);
    expect(judged).toEqual({
      ok: true,
      value: {
        ca: [authority.certPem],
        client: {
          cert: client.certPem,
          key: client.keyPem,
          facts: certificateFacts(new X509Certificate(client.certPem)),
        },
      },
    });
  });

  it("lets a CA or a pair stand alone, or nothing at all", () => {
    expect(preflight(files({ ca: authority.certPem }), NOW)).toEqual({ ok: true, value: { ca: [authority.certPem] } });
    expect(preflight(files(pair(client)), NOW)).toMatchObject({
      ok: true,
      value: { client: { cert: client.certPem } },
    });
    expect(preflight({}, NOW)).toEqual({ ok: true, value: {} });
  });

  it("takes bundles: every CA, and the leaf with its intermediates", async () => {
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true });
    const bundle = `fleet:\n${authority.certPem}\nold:\n${other.certPem}${intermediate.certPem}`;
    const chain = client.certPem + intermediate.certPem;
    expect(preflight(files({ ca: bundle, cert: chain, key: client.keyPem }), NOW)).toMatchObject({
      ok: true,
      value: { ca: [authority.certPem, other.certPem, intermediate.certPem], client: { cert: chain } },
    });
  });

  it("takes Windows line ends", () => {
    const crlf = (text: string) => text.replaceAll("\n", "\r\n");
    const texts = { ca: crlf(authority.certPem), cert: crlf(client.certPem), key: crlf(client.keyPem) };
    expect(preflight(files(texts), NOW)).toMatchObject({ ok: true, value: { client: { key: client.keyPem } } });
  });

  it("takes RSA keys, the older forms of keys, and parameters before an EC key", () => {
    const key = createPrivateKey(client.keyPem);
    const sec1 = key.export({ type: "sec1", format: "pem" }).toString();
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(problem({ cert: client.certPem, key: parameters + sec1 }).reason).toBe("none");
    expect(problem(pair(rsa)).reason).toBe("none");
    const pkcs1 = createPrivateKey(rsa.keyPem).export({ type: "pkcs1", format: "pem" }).toString();
    expect(problem({ cert: rsa.certPem, key: pkcs1 }).reason).toBe("none");
  });

  it.each(["P-384", "P-521", "Ed25519"] as const)("takes keys of %s", async (curve) => {
    expect(problem(pair(await makeOddCertificate({ commonName: "operator", curve }))).reason).toBe("none");
  });

  it("lets the very certificate of a server stand for its CA, whoever issued it", async () => {
    const { certPem } = await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });
    expect(preflight(files({ ca: certPem }), NOW)).toEqual({ ok: true, value: { ca: [certPem] } });
  });

  it("sends a chain as it stands after the leaf", async () => {
    const chain = client.certPem + other.certPem + authority.certPem;
    expect(preflight(files({ cert: chain, key: client.keyPem }), NOW)).toMatchObject({
      value: { client: { cert: chain } },
    });
  });

  it("lets a self-signed leaf stand for itself as the CA", async () => {
    const { certPem } = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"] });
    expect(preflight(files({ ca: certPem }), NOW)).toEqual({ ok: true, value: { ca: [certPem] } });
  });

  it("takes a certificate without any usages for all of them", async () => {
    expect(problem(pair(await authority.issue({ commonName: "operator", usages: [] }))).reason).toBe("none");
  });
});

describe("preflight of credentials that could be better", async () => {
  const broken = (pem: string) => pem.replace(/\n[A-Za-z0-9+/=]{20}/, "\n!!!!");
  const expired = await makeOddCertificate({
    commonName: "old CA",
    ca: true,
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2021-02-03T04:05:06Z"),
  });
  const odd = await makeOddCertificate({
    commonName: "odd CA",
    ca: true,
    publicKey: generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ type: "spki", format: "der" }),
  });
  const short = await makeOddCertificate({ commonName: "operator", rsaBits: 1024 });
  const ca = [authority.certPem];
  const CA = 'The CA "ca.pem" of Secret "edge-7-tls"';
  const CLIENT = 'The client certificate "cert.pem" of Secret "edge-7-tls"';
  const IGNORED =
    "holds data that is no readable certificate. It is ignored, as by Docker's client. Consider removing it.";

  it.each([
    ["a damaged CA", { ca: broken(other.certPem) + authority.certPem }, { ca }, [`${CA} ${IGNORED}`]],
    ["a CA that is cut", { ca: authority.certPem + other.certPem.slice(0, 99) }, { ca }, [`${CA} ${IGNORED}`]],
    ["a CA that Docker cannot parse", { ca: odd.certPem + authority.certPem }, { ca }, [`${CA} ${IGNORED}`]],
    [
      "a client's certificate among the CAs",
      { ca: authority.certPem + client.certPem },
      { ca },
      [`${CA} holds a certificate that is neither a CA's nor a server's. It is ignored. Consider removing it.`],
    ],
    [
      "an expired CA beside a good one",
      { ca: expired.certPem + authority.certPem },
      { ca: [expired.certPem, authority.certPem] },
      [`${CA} holds a CA certificate that expired on 2021-02-03T04:05:06Z. Consider removing it.`],
    ],
    [
      "a damaged intermediate",
      { cert: client.certPem + broken(other.certPem) + authority.certPem, key: client.keyPem },
      { client: { cert: client.certPem + authority.certPem } },
      [`${CLIENT} ${IGNORED}`],
    ],
    [
      "a short key",
      pair(short),
      { client: { key: short.keyPem } },
      [`${CLIENT} has an RSA key of 1024 bits, which is too short today. Consider issuing it with at least 2048.`],
    ],
  ])("uses them, and warns of %s", (_name, texts, used, warnings) => {
    expect(preflight(files(texts), NOW)).toMatchObject({ ok: true, value: { ...used, warnings } });
  });

  it("warns of nothing else between the certificates of a bundle", () => {
    const bundle = `fleet CA:\n${authority.certPem}\n# the other\n${other.certPem}`;
    expect(preflight(files({ ca: bundle }), NOW)).toEqual({
      ok: true,
      value: { ca: [authority.certPem, other.certPem] },
    });
  });
});

describe("preflight of unsound credentials", async () => {
  const encryptedKey = createPrivateKey(client.keyPem)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hunter2" })
    .toString();
  const oldEncryptedKey = createPrivateKey(rsa.keyPem)
    .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "hunter2" })
    .toString();
  const oddKey = (kind: "rsa-pss" | "ed448" | "secp256k1") => {
    const { privateKey } =
      kind === "rsa-pss"
        ? generateKeyPairSync(kind, { modulusLength: 1024 })
        : kind === "ed448"
          ? generateKeyPairSync(kind)
          : generateKeyPairSync("ec", { namedCurve: kind });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  };
  const broken = (pem: string) => pem.replace(/\n[A-Za-z0-9+/=]{20}/, "\n!!!!");
  const expired = await authority.issue({
    commonName: "operator",
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2021-02-03T04:05:06Z"),
  });
  const future = await authority.issue({
    commonName: "operator",
    notBefore: new Date("2090-01-01T00:00:00Z"),
    notAfter: new Date("2091-01-01T00:00:00Z"),
  });
  const serverOnly = await authority.issue({ commonName: "operator", usages: ["serverAuth"] });
  const padding = (size: number) => "x".repeat(size);

  const cases: readonly (readonly [name: string, texts: Texts, reason: string, words: string])[] = [
    ["an empty CA", { ca: "" }, "CACertificateInvalid", "it holds no PEM certificate"],
    ["garbage for a CA", { ca: "garbage" }, "CACertificateInvalid", "it holds no PEM certificate"],
    ["a key for a CA", { ca: client.keyPem }, "CACertificateInvalid", "it holds no PEM certificate"],
    ["nothing but damaged CAs", { ca: broken(other.certPem).repeat(2) }, "CACertificateInvalid", "cannot be parsed"],
    ["a leaf for a CA", { ca: client.certPem }, "CACertificateInvalid", "it holds a certificate that is no CA"],
    ["a huge CA", { ca: authority.certPem + padding(MAX_BUNDLE_BYTES) }, "CACertificateInvalid", "it is larger than"],
    ["an empty certificate", { cert: "", key: client.keyPem }, "ClientCertificateInvalid", "is no PEM certificate"],
    [
      "a certificate in DER",
      { cert: "0\u0082\u0001", key: client.keyPem },
      "ClientCertificateInvalid",
      "is no PEM certificate",
    ],
    [
      "swapped files",
      { cert: client.keyPem, key: client.certPem },
      "ClientCertificateInvalid",
      "is no PEM certificate",
    ],
    [
      "a damaged certificate",
      { cert: broken(client.certPem), key: client.keyPem },
      "ClientCertificateInvalid",
      "is no PEM certificate",
    ],
    [
      "a huge certificate",
      { cert: client.certPem + padding(MAX_CERTIFICATE_BYTES), key: client.keyPem },
      "ClientCertificateInvalid",
      "is larger than",
    ],
    ["an empty key", { cert: client.certPem, key: "" }, "ClientKeyInvalid", "is no PEM private key"],
    [
      "a certificate for a key",
      { cert: client.certPem, key: client.certPem },
      "ClientKeyInvalid",
      "is no PEM private key",
    ],
    ["a damaged key", { cert: client.certPem, key: broken(client.keyPem) }, "ClientKeyInvalid", "cannot be parsed"],
    [
      "a huge key",
      { cert: client.certPem, key: client.keyPem + padding(MAX_KEY_BYTES) },
      "ClientKeyInvalid",
      "is larger than",
    ],
    [
      "an encrypted key",
      { cert: client.certPem, key: encryptedKey },
      "ClientKeyEncrypted",
      "is encrypted. Store the key without a passphrase",
    ],
    [
      "an encrypted key of old",
      { cert: rsa.certPem, key: oldEncryptedKey },
      "ClientKeyEncrypted",
      "is encrypted. Store the key without a passphrase",
    ],
    [
      "another key of the same type",
      { cert: client.certPem, key: sibling.keyPem },
      "ClientKeyMismatch",
      "does not belong to the certificate",
    ],
    [
      "a key of another type",
      { cert: client.certPem, key: rsa.keyPem },
      "ClientKeyMismatch",
      "does not belong to the certificate",
    ],
    [
      "a chain in the wrong order",
      { cert: authority.certPem + client.certPem, key: client.keyPem },
      "ClientKeyMismatch",
      ", but to one after the first there. Store",
    ],
    ...(["rsa-pss", "ed448", "secp256k1"] as const).map(
      (kind) =>
        [
          `a key of the kind ${kind}`,
          { cert: client.certPem, key: oddKey(kind) },
          "ClientKeyInvalid",
          "is of a kind that Docker does not take",
        ] as const,
    ),
    ["an expired certificate", pair(expired), "ClientCertificateExpired", "expired on 2021-02-03T04:05:06Z. Renew it"],
    [
      "a certificate of tomorrow",
      pair(future),
      "ClientCertificateNotYetValid",
      "is not valid before 2090-01-01T00:00:00Z",
    ],
    [
      "a server's certificate",
      pair(serverOnly),
      "ClientCertificateUsageInvalid",
      "may not be used by a client. Issue it with client authentication",
    ],
  ];

  it.each(cases)("refuses %s", (_name, texts, reason, words) => {
    const { reason: told, message } = problem(texts);
    expect(told).toBe(reason);
    expect(message).toContain(words);
    expect(message).toContain('of Secret "edge-7-tls"');
  });

  it.each(cases)("tells nothing of the content of %s", (_name, texts) => {
    const { message, cause } = problem(texts);
    expect(cause).toBeUndefined();
    expect(message).not.toMatch(/-----|hunter2/);
    for (const line of Object.values(texts)
      .flatMap((text) => text.split(/\r?\n/))
      .filter(({ length }) => length > 16)) {
      expect(message).not.toContain(line);
    }
  });

  it("judges dates by the clock that it is given", () => {
    const end = new X509Certificate(client.certPem).validToDate.getTime();
    expect(problem(pair(client), end).reason).toBe("none");
    expect(problem(pair(client), end + 1).reason).toBe("ClientCertificateExpired");
  });

  it("tells of the CA first, and of the wrong key before the dates", () => {
    expect(problem({ ca: "", ...pair(expired) }).reason).toBe("CACertificateInvalid");
    expect(problem({ cert: expired.certPem, key: client.keyPem }).reason).toBe("ClientKeyMismatch");
  });
});
