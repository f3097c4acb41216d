import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { certificateFacts, parseCertificate } from "./certificate.ts";

const authority = await createAuthority({ commonName: "fleet CA" });
const leaf = await authority.issue({
  commonName: "edge-7",
  notBefore: new Date("2026-01-01T00:00:00Z"),
  notAfter: new Date("2027-01-01T12:34:56Z"),
});

describe("certificateFacts", () => {
  it("reports names, dates and the fingerprint as openssl does", () => {
    const certificate = new X509Certificate(leaf.certPem);
    expect(certificateFacts(certificate)).toEqual({
      subject: "CN=edge-7",
      issuer: "CN=fleet CA",
      notBefore: "2026-01-01T00:00:00Z",
      notAfter: "2027-01-01T12:34:56Z",
      fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    });
  });

  it("cuts a name that would not fit into a status", async () => {
    const { certPem } = await makeOddCertificate({ commonName: "x".repeat(5_000) });
    const facts = certificateFacts(new X509Certificate(certPem));
    expect(facts.subject).toHaveLength(1024);
    expect(facts.issuer).toHaveLength(1024);
  });
});

describe("parseCertificate", () => {
  it("takes PEM and DER", () => {
    const { raw } = new X509Certificate(leaf.certPem);
    expect(parseCertificate(leaf.certPem)?.subject).toBe("CN=edge-7");
    expect(parseCertificate(raw)?.subject).toBe("CN=edge-7");
  });

  it("returns nothing for text that is not a certificate", () => {
    expect(parseCertificate("")).toBeUndefined();
    expect(parseCertificate(leaf.keyPem)).toBeUndefined();
  });

  it("returns nothing for a certificate without valid dates", () => {
    const der = Buffer.from(new X509Certificate(leaf.certPem).raw);
    const validity = Buffer.from([0x30, 30, 0x17, 13]); // a sequence of two times: tags and lengths
    der.write("991399000000Z", der.indexOf(validity) + validity.length, "latin1");
    expect(parseCertificate(der)).toBeUndefined();
  });
});
