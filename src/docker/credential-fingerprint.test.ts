import { createHash, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { certificatesFingerprint } from "./credential-fingerprint.ts";

let authority: Authority;
let client: KeyPair;

beforeAll(async () => {
  authority = await createAuthority({ commonName: "CA" });
  client = await authority.issue({ commonName: "client", usages: ["clientAuth"] });
});

const file = (pem: string) => ({ label: "a file", pem });

describe("certificatesFingerprint", () => {
  it("is SHA-256 over the DER of the client's certificates and the CA, in this order", () => {
    const der = [client.certPem, authority.certPem].map((pem) => new X509Certificate(pem).raw);
    const expected = createHash("sha256").update(Buffer.concat(der)).digest("hex");
    expect(certificatesFingerprint({ cert: file(client.certPem), ca: file(authority.certPem) })).toBe(expected);
  });

  it("does not depend on how the text is written, nor on what is between the blocks", () => {
    const text = `Subject: a client\n${client.certPem.replaceAll("\n", "\r\n")}${client.keyPem}`;
    expect(certificatesFingerprint({ cert: file(text) })).toBe(certificatesFingerprint({ cert: file(client.certPem) }));
  });

  it("is another one where either changes", () => {
    const all = [
      certificatesFingerprint({ cert: file(client.certPem) }),
      certificatesFingerprint({ ca: file(authority.certPem) }),
      certificatesFingerprint({ cert: file(client.certPem), ca: file(authority.certPem) }),
      certificatesFingerprint({ cert: file(client.certPem + authority.certPem), ca: file(authority.certPem) }),
    ];
    expect(new Set(all).size).toBe(4);
    expect(all).not.toContain(undefined);
  });

  it("is undefined if there is no certificate, or one that cannot be parsed", () => {
    expect(certificatesFingerprint({})).toBeUndefined();
    const damaged = client.certPem.replace(/\n[A-Za-z0-9+/]{10}/, "\nAAAAAAAAAA");
    for (const cert of ["", client.keyPem, damaged, client.certPem + damaged, client.certPem.repeat(1_000)]) {
      expect(certificatesFingerprint({ cert: file(cert), ca: file(authority.certPem) })).toBeUndefined();
    }
  });
});
