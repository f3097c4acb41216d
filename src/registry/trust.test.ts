import { createPrivateKey } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { type ClientPair, readTrust, trustFingerprint } from "./trust.ts";

describe("readTrust", () => {
  let ca: Authority;
  let other: Authority;
  let a: KeyPair;
  let b: KeyPair;

  beforeAll(async () => {
    [ca, other] = await Promise.all([createAuthority({ commonName: "ca" }), createAuthority({ commonName: "other" })]);
    [a, b] = await Promise.all([ca.issue({ commonName: "a" }), ca.issue({ commonName: "b" })]);
  });

  const refusal = (files: Record<string, string>) => {
    const result = readTrust("certs", files);
    if (result.ok) return "accepted";
    expect(result.failure.reason).toBe("RegistryConfigInvalid");
    expect(result.failure.message).not.toContain("PRIVATE");
    return result.failure.message;
  };

  it("takes every .crt for roots, and the pairs in the order of their names", () => {
    const files = {
      "b.cert": b.certPem,
      "b.key": b.keyPem,
      "a.cert": a.certPem,
      "a.key": a.keyPem,
      "x.crt": ca.certPem,
      "y.crt": `# a comment\r\n${other.certPem}\n${ca.certPem}`,
      "README.md": "ignored",
    };
    expect(readTrust("certs", files)).toEqual({
      ok: true,
      value: {
        roots: [ca.certPem, other.certPem, ca.certPem],
        clientPairs: [
          { cert: a.certPem, key: a.keyPem },
          { cert: b.certPem, key: b.keyPem },
        ],
      },
    });
  });

  it("takes tls.crt and tls.key for a pair, as Kubernetes names them", () => {
    const result = readTrust("certs", { "ca.crt": ca.certPem, "tls.crt": a.certPem, "tls.key": a.keyPem });
    expect(result).toEqual({
      ok: true,
      value: { roots: [ca.certPem], clientPairs: [{ cert: a.certPem, key: a.keyPem }] },
    });
  });

  it("takes tls.crt for a root where tls.cert is the certificate of the pair", () => {
    const result = readTrust("certs", { "tls.cert": a.certPem, "tls.crt": ca.certPem, "tls.key": a.keyPem });
    expect(result).toMatchObject({ ok: true, value: { roots: [ca.certPem] } });
    expect(refusal({ "tls.cert": a.certPem, "tls.crt": ca.certPem })).toContain("tls.cert without tls.key");
    expect(refusal({ "tls.crt": ca.certPem })).toContain("tls.crt without tls.key");
    expect(readTrust("certs", { "tls.cert": a.certPem, "tls.key": a.keyPem }).ok).toBe(true);
  });

  it("names the file that is missing from a pair", () => {
    expect(refusal({ "a.cert": a.certPem })).toContain("a.cert without a.key");
    expect(refusal({ "a.key": a.keyPem })).toContain("a.key without a.cert");
    expect(refusal({ "a.crt": a.certPem, "a.key": a.keyPem })).toContain("a.key without a.cert");
  });

  it("names the file that cannot be read", () => {
    expect(refusal({ "x.crt": "hello" })).toContain("x.crt");
    expect(refusal({ "x.crt": ca.certPem.replace(/[A-Za-z]{20}/, "AAAAAAAAAAAAAAAAAAAA") })).toContain("x.crt");
    expect(refusal({ "a.cert": "", "a.key": a.keyPem })).toContain("a.cert");
    expect(refusal({ "a.cert": a.certPem, "a.key": "nothing" })).toContain("no PEM private key in a.key");
    expect(refusal({ "a.cert": a.certPem, "a.key": b.keyPem })).toContain("does not belong");
    const encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    expect(refusal({ "a.cert": a.certPem, "a.key": encrypted })).toContain("encrypted");
  });

  it("gets through a file of nothing but beginnings", () => {
    expect(refusal({ "x.crt": "-----BEGIN CERTIFICATE-----\n".repeat(80_000) })).toContain("x.crt");
  });

  it("refuses a Secret without any usable file", () => {
    expect(refusal({ "ca.pem": ca.certPem })).toContain("neither");
    expect(refusal({})).toContain("neither");
  });

  it("has one fingerprint per trust", () => {
    const [pair, second] = [a, b].map(({ certPem, keyPem }) => ({ cert: certPem, key: keyPem })) as [
      ClientPair,
      ClientPair,
    ];
    const prints = [
      { roots: [] },
      { roots: [ca.certPem] },
      { roots: [ca.certPem, other.certPem] },
      { roots: [], clientPairs: [pair] },
      { roots: [ca.certPem], clientPairs: [pair] },
      { roots: [ca.certPem], clientPairs: [pair, second] },
      { roots: [ca.certPem], clientPairs: [second, pair] },
    ].map(trustFingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    expect(trustFingerprint({ roots: [ca.certPem], clientPairs: [{ ...pair }] })).toBe(prints[4]);
  });

  it("differs by the key: one with the public half of another's passes for it, and must not share its connections", () => {
    const sec1 = (pem: string) => createPrivateKey(pem).export({ type: "sec1", format: "der" });
    const forged = sec1(a.keyPem);
    // The private number is in the same place in both; the public half follows it.
    sec1(b.keyPem).copy(forged, 7, 7, 39);
    const key = `-----BEGIN EC PRIVATE KEY-----\n${forged.toString("base64")}\n-----END EC PRIVATE KEY-----\n`;
    const [owner, stranger] = [a.keyPem, key].map((each) => readTrust("certs", { "a.cert": a.certPem, "a.key": each }));
    if (!owner?.ok || !stranger?.ok) throw new Error("both pairs pass for sound ones");
    expect(trustFingerprint(stranger.value)).not.toBe(trustFingerprint(owner.value));
  });
});
