import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeOddCertificate, type OddCertificate } from "../../test/support/odd-certificates.ts";
import { linkChain, type PeerChain } from "./peer-chain.ts";

const root = await makeOddCertificate({ commonName: "root", ca: true });
const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
const leaf = await makeOddCertificate({ commonName: "edge-7", issuer: intermediate });

const parse = (certificates: readonly OddCertificate[]) =>
  certificates.map(({ certPem }) => new X509Certificate(certPem));
const names = (chain: PeerChain | undefined) => chain?.above.map(({ subject }) => subject);

function link(presented: readonly OddCertificate[], trusted?: readonly OddCertificate[]): PeerChain | undefined {
  return linkChain(
    parse(presented),
    trusted?.map(({ certPem }) => certPem),
  );
}

describe("linkChain", () => {
  it.each([
    ["in order", [leaf, intermediate]],
    ["with its root", [leaf, intermediate, root]],
    ["in another order, with what is no part of it", [leaf, root, leaf, intermediate]],
  ])("finds the way up to the trusted certificate: %s", (_name, presented) => {
    const chain = link(presented, [root]);
    expect(chain?.leaf.subject).toBe("CN=edge-7");
    expect(names(chain)).toEqual(["CN=intermediate", "CN=root"]);
    expect(chain?.authority?.subject).toBe("CN=root");
  });

  it("ends at the first that is trusted, also at an intermediate that was not sent", () => {
    expect(link([leaf, intermediate, root], [root, intermediate])?.authority?.subject).toBe("CN=intermediate");
    expect(link([leaf], [intermediate])?.authority?.subject).toBe("CN=intermediate");
  });

  it("tells signatures, not only names, apart", async () => {
    const namesake = await makeOddCertificate({ commonName: "root", ca: true });
    const chain = link([leaf, intermediate], [namesake, root]);
    expect(chain?.authority?.fingerprint256).toBe(new X509Certificate(root.certPem).fingerprint256);
  });

  it("knows no trusted CA where nothing was verified, or the server's own certificate is trusted", () => {
    expect(link([leaf, intermediate, root])).not.toHaveProperty("authority");
    expect(names(link([leaf, intermediate, root]))).toEqual(["CN=intermediate", "CN=root"]);
    expect(link([leaf, intermediate], [leaf])).not.toHaveProperty("authority");
    expect(link([leaf], [root])).not.toHaveProperty("authority");
  });

  it("gives nothing without a certificate, and comes to an end in a circle", async () => {
    expect(link([])).toBeUndefined();
    const one = await makeOddCertificate({ commonName: "one", ca: true });
    const two = await makeOddCertificate({ commonName: "two", ca: true, issuer: one });
    const oneAgain = await makeOddCertificate({ commonName: "one", ca: true, issuer: two, sameKeyAs: one });
    const below = await makeOddCertificate({ commonName: "below", issuer: two });
    expect(names(link([below, two, oneAgain]))).toEqual(["CN=two", "CN=one"]);
  });
});
