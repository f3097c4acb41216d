import { createPrivateKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeNamelessFleet } from "../../test/support/nameless-certificates.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { agentFor, endpointAt, reach, settings, startTlsServer } from "../../test/support/tls-connections.ts";
import { DockerHostStatusSchema } from "../api/status.ts";
import { readCertificates } from "../common/peer-certificates.ts";
import { verifyChain } from "../common/x509/verify-chain.ts";
import { certificateFacts, hasRealDates } from "./certificate.ts";
import { certificatesFingerprint } from "./credential-fingerprint.ts";
import { serverWarnings } from "./credential-warnings.ts";
import { diagnoseProblem } from "./diagnose-server-certificate.ts";
import { linkChain, verifiedChain } from "./peer-chain.ts";
import { preflight } from "./preflight.ts";
import { checkServer } from "./server-identity.ts";

const NOW = Date.now();
const { ca, server, client } = await makeNamelessFleet(["ca", "server", "client"]);
const named = await makeNamelessFleet([]);
const rich = await makeOddCertificate({
  commonName: "edge-7",
  dnsNames: ["edge-7", "*.fleet.example.com"],
  ipAddresses: ["10.0.0.7", "fe80::7"],
  names: [
    { type: "email", value: "a@example.com" },
    { type: "url", value: "https://example.com/" },
    { type: "dn", value: "CN=other" },
  ],
  usages: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
  keyUsage: 1,
  issuer: named.ca,
});

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** Everything that this program does with the certificates that somebody else made. */
function readAll(certificates: readonly string[], keyPem: string): void {
  const [first = ""] = certificates;
  const file = (label: string, text: string) => ({ label, pem: text });
  const files = { ca: file("ca", certificates.join("")), cert: file("cert", first), key: file("key", keyPem) };
  certificatesFingerprint(files);
  preflight(files, NOW);
  preflight({ ca: files.ca }, NOW);
  // In the form that the handshake gives: nobody has checked their dates.
  const presented = certificates.flatMap((text) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      return [];
    }
  });
  checkServer("edge-7", presented);
  const [leaf, ...above] = presented;
  if (leaf === undefined) return;
  for (const trusted of [[], certificates]) {
    const verified = verifyChain([leaf, ...above], trusted, NOW);
    const chain = verified.ok ? verifiedChain(verified.value) : linkChain(presented);
    if (chain === undefined) continue;
    if (!verified.ok)
      diagnoseProblem(verified.failure, { chain, problem: verified.failure, trustedByRoots: false, isPartial: false });
    serverWarnings(chain);
    for (const each of [chain.leaf, ...chain.above]) {
      const status = DockerHostStatusSchema.safeParse({ certificates: { server: certificateFacts(each) } });
      expect(status.success).toBe(true);
    }
  }
}

describe("an empty subject", () => {
  it("shows the first alternative name in its place, and nothing if there is none", () => {
    const [leaf, authority] = [server, ca].map(({ certPem }) => certificateFacts(new X509Certificate(certPem)));
    expect(leaf).toMatchObject({ subject: "DNS:edge-7", issuer: "" });
    expect(authority).toMatchObject({ subject: "", issuer: "" });
  });

  it.each([
    ["server's", ["server"]],
    ["CA's", ["ca"]],
    ["client's", ["client"]],
    ["server's and the client's", ["server", "client"]],
    ["everybody's", ["ca", "server", "client"]],
  ] as const)("connects if it is the %s", async (_name, nameless) => {
    const fleet = await makeNamelessFleet(nameless);
    const started = await startTlsServer(fleet.server, { requestCert: true, rejectUnauthorized: false });
    const read = preflight(
      {
        ca: { label: "ca", pem: fleet.ca.certPem },
        cert: { label: "cert", pem: fleet.client.certPem },
        key: { label: "key", pem: fleet.client.keyPem },
      },
      NOW,
    );
    if (!read.ok) throw new Error(read.failure.message);
    const endpoint = endpointAt(started);
    const agent = agentFor(endpoint, settings({ credentials: read.value }));
    await reach(endpoint, agent);
    const chain = agent.peerChain();
    expect(chain?.leaf.fingerprint256).toBe(new X509Certificate(fleet.server.certPem).fingerprint256);
    expect(chain?.authority?.fingerprint256).toBe(new X509Certificate(fleet.ca.certPem).fingerprint256);
  });
});

describe("whatever certificate somebody makes", () => {
  const chains = [[server, ca], [client, ca], [rich, named.ca], [named.server, named.ca], [ca]];
  const ders = chains.map((chain) => chain.map(({ certPem }) => new X509Certificate(certPem).raw));

  it("is read without an exception: damaged at any place", () => {
    const damage = fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { maxLength: 4 });
    const key = createPrivateKey(client.keyPem).export({ type: "pkcs8", format: "pem" }).toString();
    fc.assert(
      fc.property(fc.constantFrom(...ders), damage, damage, (chain, ...damages) => {
        const damaged = chain.map((der, index) => {
          const bytes = Buffer.from(der);
          for (const [at, value] of damages[index] ?? []) bytes[at % bytes.length] = value;
          return pem(bytes);
        });
        readAll(damaged, key);
      }),
      { numRuns: 300 },
    );
  });

  it("is read without an exception: with any bytes in its names and extensions", async () => {
    const oids = [
      "2.5.29.17",
      "2.5.29.19",
      "2.5.29.14",
      "2.5.29.35",
      "2.5.29.37",
      "2.5.29.15",
      "2.5.29.30",
      "1.3.6.1.5.5.7.1.1",
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 40 }).filter((text) => text.isWellFormed()),
        fc.constantFrom(...oids),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        async (commonName, oid, value, critical) => {
          const odd = await makeOddCertificate({
            commonName,
            extensions: [{ oid, critical, value: Buffer.from(value) }],
          });
          readAll([odd.certPem], odd.keyPem);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has no dates: such a server is not shown", () => {
    const der = Buffer.from(new X509Certificate(named.server.certPem).raw);
    // UTCTime, of 13 characters.
    const at = der.indexOf(Buffer.from([0x17, 13]));
    der.write("999999999999Z", at + 2, "latin1");
    const leaf = new X509Certificate(der);
    expect(hasRealDates(leaf)).toBe(false);
    expect(linkChain([leaf])).toBeUndefined();
  });

  it("cannot end the process from a socket's listener", () => {
    const broken = {
      getPeerX509Certificate: () => {
        throw new Error("it cannot be read");
      },
    };
    expect(readCertificates(broken as never).certificates).toEqual([]);
  });
});
