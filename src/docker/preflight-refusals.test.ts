import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { broken, credentialFiles, pair, type Texts } from "../../test/support/credential-texts.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { MAX_BUNDLE_BYTES, MAX_CERTIFICATE_BYTES, MAX_KEY_BYTES } from "../common/pem.ts";
import { preflight } from "./preflight.ts";

const NOW = Date.now();

const authority = await createAuthority({ commonName: "fleet CA" });
const other = await createAuthority({ commonName: "other CA" });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
const sibling = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
const rsa = await authority.issue({ commonName: "operator", usages: ["clientAuth"], keyType: "rsa" });

function problem(texts: Texts, now = NOW): { reason: string; message: string; cause?: unknown } {
  const checked = preflight(credentialFiles(texts), now);
  return checked.ok ? { reason: "none", message: "" } : checked.failure;
}

describe("preflight of invalid credentials", async () => {
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
    ["an empty CA", { ca: "" }, "CACertificateInvalid", "it is empty"],
    ["garbage for a CA", { ca: "garbage" }, "CACertificateInvalid", "it holds no PEM certificate"],
    ["a key for a CA", { ca: client.keyPem }, "CACertificateInvalid", "it is a private key"],
    ["nothing but damaged CAs", { ca: broken(other.certPem).repeat(2) }, "CACertificateInvalid", "cannot be parsed"],
    ["a leaf for a CA", { ca: client.certPem }, "CACertificateInvalid", "it holds a certificate that is not a CA"],
    ["a huge CA", { ca: authority.certPem + padding(MAX_BUNDLE_BYTES) }, "CACertificateInvalid", "it is larger than"],
    ["an empty certificate", { cert: "", key: client.keyPem }, "ClientCertificateInvalid", "is empty"],
    ["a certificate in DER", { cert: "0\u0082\u0001", key: client.keyPem }, "ClientCertificateInvalid", "is in DER"],
    [
      "swapped files",
      { cert: client.keyPem, key: client.certPem },
      "ClientCertificateInvalid",
      "is a private key. Put the certificate in PEM there; check whether certificate and key were swapped",
    ],
    [
      "a damaged certificate",
      { cert: broken(client.certPem), key: client.keyPem },
      "ClientCertificateInvalid",
      "holds a certificate that cannot be parsed",
    ],
    [
      "a huge certificate",
      { cert: client.certPem + padding(MAX_CERTIFICATE_BYTES), key: client.keyPem },
      "ClientCertificateInvalid",
      "is larger than",
    ],
    ["an empty key", { cert: client.certPem, key: "" }, "ClientKeyInvalid", "is empty"],
    ["a certificate for a key", { cert: client.certPem, key: client.certPem }, "ClientKeyInvalid", "is a certificate"],
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
      ", but to one after the first there. Use",
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
      "is not meant for clients. Issue it with client authentication",
    ],
  ];

  it.each(cases)("refuses %s", (_name, texts, reason, words) => {
    const { reason: reported, message } = problem(texts);
    expect(reported).toBe(reason);
    expect(message).toContain(words);
    expect(message).toContain('of Secret "edge-7-tls"');
  });

  it.each(cases)("reveals nothing of the content of %s", (_name, texts) => {
    const { message, cause } = problem(texts);
    expect(cause).toBeUndefined();
    expect(message).not.toMatch(/-----|hunter2/);
    for (const line of Object.values(texts)
      .flatMap((text) => text.split(/\r?\n/))
      .filter(({ length }) => length > 16)) {
      expect(message).not.toContain(line);
    }
  });

  it("checks dates by the clock that it is given", () => {
    const end = new X509Certificate(client.certPem).validToDate.getTime();
    expect(problem(pair(client), end).reason).toBe("none");
    expect(problem(pair(client), end + 1).reason).toBe("ClientCertificateExpired");
  });

  it("reports the CA first, and the wrong key before the dates", () => {
    expect(problem({ ca: "", ...pair(expired) }).reason).toBe("CACertificateInvalid");
    expect(problem({ cert: expired.certPem, key: client.keyPem }).reason).toBe("ClientKeyMismatch");
  });
});
