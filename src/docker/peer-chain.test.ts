import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate, type OddCertificate } from "../../test/support/odd-certificates.ts";
import { isSelfSigned } from "../common/x509/signed-by.ts";
import { linkChain, type PeerChain, verifiedChain } from "./peer-chain.ts";

const root = await makeOddCertificate({ commonName: "root", ca: true });
const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
const leaf = await makeOddCertificate({ commonName: "edge-7", issuer: intermediate });

const parse = (certificates: readonly OddCertificate[]) =>
  certificates.map(({ certPem }) => new X509Certificate(certPem));
const names = (chain: PeerChain | undefined) => chain?.above.map(({ subject }) => subject);

describe("linkChain", () => {
  it.each([
    ["in order", [leaf, intermediate, root]],
    ["in another order, with what is not part of it", [leaf, root, leaf, intermediate]],
  ])("finds the way up as far as it was sent: %s", (_name, presented) => {
    const chain = linkChain(parse(presented));
    expect(chain?.leaf.subject).toBe("CN=edge-7");
    expect(names(chain)).toEqual(["CN=intermediate", "CN=root"]);
    expect(chain).not.toHaveProperty("authority");
  });

  it("distinguishes signatures, not only names", async () => {
    const namesake = await makeOddCertificate({ commonName: "root", ca: true });
    expect(names(linkChain(parse([leaf, intermediate, namesake])))).toEqual(["CN=intermediate"]);
  });

  it("returns nothing without a certificate, and stops at a circle of issuers", async () => {
    expect(linkChain([])).toBeUndefined();
    const one = await makeOddCertificate({ commonName: "one", ca: true });
    const two = await makeOddCertificate({ commonName: "two", ca: true, issuer: one });
    const oneAgain = await makeOddCertificate({ commonName: "one", ca: true, issuer: two, sameKeyAs: one });
    const below = await makeOddCertificate({ commonName: "below", issuer: two });
    expect(names(linkChain(parse([below, two, oneAgain])))).toEqual(["CN=two", "CN=one"]);
  });
});

describe("verifiedChain", () => {
  it("ends in the authority, unless the server's own certificate is trusted", () => {
    const chain = verifiedChain(parse([leaf, intermediate, root]));
    expect([names(chain), chain?.authority?.subject]).toEqual([["CN=intermediate", "CN=root"], "CN=root"]);
    expect(verifiedChain(parse([leaf]))).not.toHaveProperty("authority");
    expect(verifiedChain([])).toBeUndefined();
  });
});

describe("isSelfSigned", () => {
  it("goes by the signature, not by the names", async () => {
    const namesake = await makeOddCertificate({ commonName: "root", issuer: root });
    expect(parse([root, namesake, leaf]).map(isSelfSigned)).toEqual([true, false, false]);
  });
});
