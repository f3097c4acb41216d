import { makeOddCertificate, type OddCertificate, type OddOptions } from "./odd-certificates.ts";

/** A CA, a server for `127.0.0.1` and `edge-7` and a client of it, each with a subject of its own or an empty one. */
export interface NamelessFleet {
  readonly ca: OddCertificate;
  readonly server: OddCertificate;
  readonly client: OddCertificate;
}

/** @param nameless which of them have an empty subject */
export async function makeNamelessFleet(nameless: readonly (keyof NamelessFleet)[]): Promise<NamelessFleet> {
  const named = (who: keyof NamelessFleet, commonName: string) => (nameless.includes(who) ? "" : commonName);
  const ca = await makeOddCertificate({ commonName: named("ca", "fleet CA"), ca: true });
  const issue = (options: OddOptions) => makeOddCertificate({ ...options, issuer: ca });
  return {
    ca,
    server: await issue({
      commonName: named("server", "edge-7"),
      dnsNames: ["edge-7"],
      ipAddresses: ["127.0.0.1"],
      usages: ["1.3.6.1.5.5.7.3.1"],
    }),
    client: await issue({
      commonName: named("client", "operator"),
      dnsNames: ["operator.fleet"],
      usages: ["1.3.6.1.5.5.7.3.2"],
    }),
  };
}
