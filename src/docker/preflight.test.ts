import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { broken, credentialFiles, pair, type Texts } from "../../test/support/credential-texts.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { certificateFacts } from "./certificate.ts";
import { preflight } from "./preflight.ts";

const NOW = Date.now();

const authority = await createAuthority({ commonName: "fleet CA" });
const other = await createAuthority({ commonName: "other CA" });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });
const rsa = await authority.issue({ commonName: "operator", usages: ["clientAuth"], keyType: "rsa" });

function problem(texts: Texts, now = NOW): { reason: string; message: string; cause?: unknown } {
  const checked = preflight(credentialFiles(texts), now);
  return checked.ok ? { reason: "none", message: "" } : checked.failure;
}

describe("preflight of valid credentials", () => {
  it("returns what node:tls takes and what the status shows", () => {
    const checked = preflight(credentialFiles({ ca: authority.certPem, ...pair(client) }), NOW);
    expect(checked).toEqual({
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

  it("accepts only a CA, only a pair, or nothing at all", () => {
    expect(preflight(credentialFiles({ ca: authority.certPem }), NOW)).toEqual({
      ok: true,
      value: { ca: [authority.certPem] },
    });
    expect(preflight(credentialFiles(pair(client)), NOW)).toMatchObject({
      ok: true,
      value: { client: { cert: client.certPem } },
    });
    expect(preflight({}, NOW)).toEqual({ ok: true, value: {} });
  });

  it("takes bundles: every CA, and the leaf with its intermediates", async () => {
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true });
    const bundle = `fleet:\n${authority.certPem}\nold:\n${other.certPem}${intermediate.certPem}`;
    const chain = client.certPem + intermediate.certPem;
    expect(preflight(credentialFiles({ ca: bundle, cert: chain, key: client.keyPem }), NOW)).toMatchObject({
      ok: true,
      value: { ca: [authority.certPem, other.certPem, intermediate.certPem], client: { cert: chain } },
    });
  });

  it("takes Windows line ends", () => {
    const crlf = (text: string) => text.replaceAll("\n", "\r\n");
    const texts = { ca: crlf(authority.certPem), cert: crlf(client.certPem), key: crlf(client.keyPem) };
    expect(preflight(credentialFiles(texts), NOW)).toMatchObject({
      ok: true,
      value: { client: { key: client.keyPem } },
    });
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

  it("accepts a server's own certificate as its CA, whatever issued it", async () => {
    const { certPem } = await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });
    expect(preflight(credentialFiles({ ca: certPem }), NOW)).toEqual({ ok: true, value: { ca: [certPem] } });
  });

  it("sends a chain in the order in which it follows the leaf", async () => {
    const chain = client.certPem + other.certPem + authority.certPem;
    expect(preflight(credentialFiles({ cert: chain, key: client.keyPem }), NOW)).toMatchObject({
      value: { client: { cert: chain } },
    });
  });

  it("accepts a self-signed leaf as its own CA", async () => {
    const { certPem } = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"] });
    expect(preflight(credentialFiles({ ca: certPem }), NOW)).toEqual({ ok: true, value: { ca: [certPem] } });
  });

  it("accepts a certificate without usages for every usage", async () => {
    expect(problem(pair(await authority.issue({ commonName: "operator", usages: [] }))).reason).toBe("none");
  });
});

describe("preflight of credentials that could be better", async () => {
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
    "holds data that is not a readable certificate. It is ignored, as by Docker's client. Consider removing it.";

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
    expect(preflight(credentialFiles(texts), NOW)).toMatchObject({ ok: true, value: { ...used, warnings } });
  });

  it("warns of nothing else between the certificates of a bundle", () => {
    const bundle = `fleet CA:\n${authority.certPem}\n# the other\n${other.certPem}`;
    expect(preflight(credentialFiles({ ca: bundle }), NOW)).toEqual({
      ok: true,
      value: { ca: [authority.certPem, other.certPem] },
    });
  });
});
