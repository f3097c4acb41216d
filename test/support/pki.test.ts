import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { describe, expect, it } from "vitest";
import { type Authority, createAuthority, type KeyPair } from "./pki.ts";

describe("createAuthority", () => {
  it("makes a certificate authority that signed itself", async () => {
    const authority = await createAuthority({ commonName: "fleet CA" });
    const certificate = new X509Certificate(authority.certPem);
    expect(certificate.ca).toBe(true);
    expect(certificate.subject).toBe("CN=fleet CA");
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(authority.keyPem))).toBe(true);
  });

  it("takes a lifetime in days or exact dates", async () => {
    const notBefore = new Date("2020-01-01T00:00:00Z");
    const notAfter = new Date("2021-01-01T00:00:00Z");
    const past = new X509Certificate((await createAuthority({ commonName: "old", notBefore, notAfter })).certPem);
    expect(past.validFromDate).toEqual(notBefore);
    expect(past.validToDate).toEqual(notAfter);
  });
});

describe.each(["ec", "rsa"] as const)("a leaf with an %s key", (keyType) => {
  it("carries its names, usages and the identifiers of its issuer", async () => {
    const authority = await createAuthority({ commonName: "fleet CA" });
    const leaf = await authority.issue({
      commonName: "edge-7",
      dnsNames: ["edge-7.example.com"],
      ipAddresses: ["127.0.0.1", "::1"],
      keyType,
    });
    const certificate = new X509Certificate(leaf.certPem);
    expect(certificate.ca).toBe(false);
    expect(certificate.subjectAltName).toBe("DNS:edge-7.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(certificate.checkIssued(new X509Certificate(authority.certPem))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyType).toBe(keyType);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.keyPem))).toBe(true);
    expect(leaf.keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it("serves and presents itself in a mutual TLS handshake", async () => {
    const authority = await createAuthority({ commonName: "fleet CA", keyType });
    const server = await authority.issue({
      commonName: "edge-7",
      dnsNames: ["localhost"],
      usages: ["serverAuth"],
      keyType,
    });
    const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"], keyType });
    expect(await handshake(authority, server, client)).toBe("operator");
  });
});

it("a client certificate of another authority is refused", async () => {
  const authority = await createAuthority({ commonName: "fleet CA" });
  const stranger = await createAuthority({ commonName: "another CA" });
  const server = await authority.issue({ commonName: "edge-7", dnsNames: ["localhost"] });
  const client = await stranger.issue({ commonName: "operator" });
  await expect(handshake(authority, server, client)).rejects.toThrow();
});

/** The client's common name as the server saw it; rejects when either side refuses the other. */
async function handshake(authority: Authority, server: KeyPair, client: KeyPair): Promise<string> {
  const listener = tls.createServer({
    ca: authority.certPem,
    cert: server.certPem,
    key: server.keyPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const accepted = new Promise<string>((resolve, reject) => {
    listener.once("secureConnection", (socket) => resolve(String(socket.getPeerCertificate().subject.CN)));
    listener.once("tlsClientError", reject);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const socket = tls.connect({
    port: (listener.address() as AddressInfo).port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: authority.certPem,
    cert: client.certPem,
    key: client.keyPem,
  });
  const refused = new Promise<never>((_resolve, reject) => socket.once("error", reject));
  try {
    return await Promise.race([accepted, refused]);
  } finally {
    socket.destroy();
    listener.close();
  }
}
