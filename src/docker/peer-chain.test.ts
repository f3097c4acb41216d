import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate } from "node:tls";
import { describe, expect, it } from "vitest";
import { makeOddCertificate, type OddCertificate } from "../../test/support/odd-certificates.ts";
import { chainEnds } from "./peer-chain.ts";

/** A chain as `getPeerCertificate(true)` gives it, leaf first; a self-signed certificate is its own issuer. */
function peerChain(...certificates: readonly OddCertificate[]): DetailedPeerCertificate {
  const links = certificates.map(
    ({ certPem }) => new X509Certificate(certPem).toLegacyObject() as DetailedPeerCertificate,
  );
  links.forEach((link, index) => {
    link.issuerCertificate = links[index + 1] ?? link;
  });
  const [leaf] = links;
  if (leaf === undefined) throw new Error("an empty chain");
  return leaf;
}

const root = await makeOddCertificate({ commonName: "root", ca: true });
const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
const leaf = await makeOddCertificate({ commonName: "edge-7", issuer: intermediate });

describe("chainEnds", () => {
  it("gives the leaf, and the CA at the other end", () => {
    const ends = chainEnds(peerChain(leaf, intermediate, root));
    expect(ends?.leaf.subject).toBe("CN=edge-7");
    expect(ends?.root?.subject).toBe("CN=root");
  });

  it("gives no CA for a self-signed leaf or a lone one", async () => {
    const selfSigned = await makeOddCertificate({ commonName: "edge-7" });
    expect(chainEnds(peerChain(selfSigned))).toMatchObject({ leaf: { subject: "CN=edge-7" } });
    expect(chainEnds(peerChain(selfSigned))).not.toHaveProperty("root");
    expect(chainEnds(peerChain(leaf))).not.toHaveProperty("root");
  });

  it("gives nothing without a certificate", () => {
    expect(chainEnds(undefined)).toBeUndefined();
    // What Node gives for a resumed session.
    expect(chainEnds({} as DetailedPeerCertificate)).toBeUndefined();
  });

  it("comes to an end in a chain without one", () => {
    const peer = peerChain(leaf, intermediate, root);
    peer.issuerCertificate.issuerCertificate.issuerCertificate = peer;
    expect(chainEnds(peer)?.leaf.subject).toBe("CN=edge-7");
  });
});
