import { makeOddCertificate } from "../../support/odd-certificates.ts";
import { createAuthority } from "../../support/pki.ts";
import { FUTURE, PAST, type Pki, tlsListener, verifying } from "../pki.ts";
import { overEachVersion, type Row } from "../row.ts";

const UNKNOWN = /certificate signed by unknown authority/;
const HOST = "127.0.0.1";

/** Who issued the server's certificate. */
export async function trustRows(pki: Pki): Promise<readonly Row[]> {
  const { root, otherRoot, soundServer } = pki;
  const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
  const below = await pki.server({ issuer: intermediate });
  const selfSigned = await makeOddCertificate({ commonName: "self", ipAddresses: [HOST] });
  const selfSignedCa = await makeOddCertificate({ commonName: "self CA", ipAddresses: [HOST], ca: true });
  const madeByAuthority = await createAuthority({ commonName: "fleet CA" });
  const issued = await madeByAuthority.issue({ commonName: "server", ipAddresses: [HOST] });
  const sound = { listener: tlsListener(soundServer), docker: "connects", product: "Ready" } as const;
  // Given no file at all, docker would speak plaintext.
  const withoutCa = { mode: "verify", cert: pki.soundClient.certPem, key: pki.soundClient.keyPem } as const;
  const untrusted = { docker: UNKNOWN, product: "ServerCertificateUntrusted" } as const;
  return [
    ...overEachVersion({ ...sound, what: "the server's CA", client: verifying(root) }),
    {
      what: "an authority with key identifiers and key usages",
      listener: tlsListener(issued),
      client: verifying(madeByAuthority),
      docker: "connects",
      product: "Ready",
    },
    ...overEachVersion({ ...untrusted, what: "another CA", listener: sound.listener, client: verifying(otherRoot) }),
    ...overEachVersion({ ...untrusted, what: "no CA", listener: sound.listener, client: withoutCa }),
    { ...sound, what: "no CA, and a system that trusts it", client: { ...withoutCa, roots: root.certPem } },
    {
      ...untrusted,
      what: "another CA, and a system that trusts the right one",
      listener: sound.listener,
      client: { ...verifying(otherRoot), roots: root.certPem },
    },
    { ...sound, what: "several CAs, the right one first", client: verifying(root, otherRoot) },
    { ...sound, what: "several CAs, the right one last", client: verifying(otherRoot, root) },
    {
      ...untrusted,
      what: "several CAs, none of them the right one",
      listener: sound.listener,
      client: verifying(otherRoot, madeByAuthority),
    },
    ...overEachVersion({
      ...untrusted,
      what: "a server that leaves out its intermediate",
      listener: tlsListener(below),
      client: verifying(root),
    }),
    ...overEachVersion({
      ...sound,
      what: "a server that sends its intermediate",
      listener: tlsListener(below, {}, [intermediate]),
      client: verifying(root),
    }),
    {
      ...sound,
      what: "a server that sends its root too",
      listener: tlsListener(below, {}, [intermediate, root]),
      client: verifying(root),
    },
    {
      ...sound,
      what: "a server that sends its chain in the wrong order",
      listener: tlsListener(below, {}, [root, intermediate]),
      client: verifying(root),
    },
    {
      ...sound,
      what: "the missing intermediate in the CA's file",
      listener: tlsListener(below),
      client: verifying(intermediate, root),
    },
    ...overEachVersion({
      ...sound,
      what: "a CA's file with the intermediate only",
      listener: tlsListener(below),
      client: verifying(intermediate),
    }),
    ...overEachVersion({
      ...untrusted,
      what: "a server that sends a root which nobody knows",
      listener: tlsListener(soundServer, {}, [root]),
      client: verifying(otherRoot),
    }),
    ...overEachVersion({
      what: "a self-signed server that is not trusted",
      listener: tlsListener(selfSigned),
      client: verifying(root),
      docker: UNKNOWN,
      product: "ServerCertificateSelfSigned",
    }),
    {
      ...sound,
      what: "a self-signed server that is the CA",
      listener: tlsListener(selfSigned),
      client: verifying(selfSigned),
    },
    {
      ...sound,
      what: "a self-signed server that is the CA, and may be one",
      listener: tlsListener(selfSignedCa),
      client: verifying(selfSignedCa),
    },
    { ...sound, what: "the server's own certificate as the CA", client: verifying(soundServer) },
    ...(await severalOfOneName(pki)),
    ...(await authoritiesInTheirWrongMind(pki)),
  ];
}

/** After a renewal, or where every host made its CA by the same instructions. */
async function severalOfOneName(pki: Pki): Promise<readonly Row[]> {
  const sameName = await makeOddCertificate({ commonName: "root", ca: true });
  const expiredTwin = await makeOddCertificate({ commonName: "root", ca: true, sameKeyAs: pki.root, ...PAST });
  const listener = tlsListener(pki.soundServer);
  const connects = { listener, docker: "connects", product: "Ready" } as const;
  return [
    { ...connects, what: "two CAs of one name, the right one first", client: verifying(pki.root, sameName) },
    { ...connects, what: "two CAs of one name, the right one last", client: verifying(sameName, pki.root) },
    { ...connects, what: "a renewed CA after the expired one", client: verifying(expiredTwin, pki.root) },
    { ...connects, what: "a renewed CA before the expired one", client: verifying(pki.root, expiredTwin) },
    {
      what: "a CA of the right name and another key",
      listener,
      client: verifying(sameName),
      docker: UNKNOWN_OR_FAILED,
      product: "ServerCertificateUntrusted",
    },
  ];
}

/** Name constraints, critical: permitted is the name `test` and what ends in it. */
const NAMES_BELOW_TEST = { oid: "2.5.29.30", critical: true, value: Buffer.from("300aa0083006820474657374", "hex") };

const KEY_IDENTIFIER = { oid: "2.5.29.14", value: Buffer.from("040401020304", "hex") };
const OTHER_KEY_IDENTIFIER = { oid: "2.5.29.35", value: Buffer.from("3006800405060708", "hex") };

const UNKNOWN_OR_FAILED = /certificate signed by unknown authority \(possibly because of/;

async function authoritiesInTheirWrongMind(pki: Pki): Promise<readonly Row[]> {
  const noCa = await makeOddCertificate({ commonName: "no CA", issuer: pki.root });
  const noCaRoot = await makeOddCertificate({ commonName: "self-signed, no CA" });
  const forClients = await makeOddCertificate({ commonName: "for clients", ca: true, usages: ["1.3.6.1.5.5.7.3.2"] });
  const anyUsage = await makeOddCertificate({ commonName: "for any usage", ca: true, usages: ["2.5.29.37.0"] });
  const inTest = await makeOddCertificate({ commonName: "for .test", ca: true, extensions: [NAMES_BELOW_TEST] });
  const identified = await makeOddCertificate({ commonName: "identified", ca: true, extensions: [KEY_IDENTIFIER] });
  const soon = await makeOddCertificate({ commonName: "not yet", ca: true, ...FUTURE });
  const [byNoCa, byNoCaRoot, byForClients, bySoon, byAnyUsage] = await Promise.all(
    [noCa, noCaRoot, forClients, soon, anyUsage].map((issuer) => pki.server({ issuer })),
  );
  if (!byNoCa || !byNoCaRoot || !byForClients || !bySoon || !byAnyUsage) throw new Error("no certificates were made");
  const named = (name: string) => pki.server({ issuer: inTest, ipAddresses: [], dnsNames: [name] });
  return [
    {
      what: "a CA that may issue for the names below .test, and did",
      listener: tlsListener(await named("edge-7.fleet.test")),
      client: verifying(inTest),
      host: "tcp://edge-7.fleet.test:PORT",
      docker: "connects",
      product: "Ready",
    },
    {
      what: "a CA that may issue for the names below .test, and did for another",
      listener: tlsListener(await named("edge-7.fleet.example")),
      client: verifying(inTest),
      host: "tcp://edge-7.fleet.example:PORT",
      docker: /is not permitted by any constraint/,
      product: "ServerCertificateNotPermitted",
    },
    {
      what: "a certificate that names another key of its CA",
      listener: tlsListener(await pki.server({ issuer: identified, extensions: [OTHER_KEY_IDENTIFIER] })),
      client: verifying(identified),
      docker: "connects",
      product: "Ready",
    },
    {
      what: "a CA that may issue for any usage",
      listener: tlsListener(byAnyUsage),
      client: verifying(anyUsage),
      docker: "connects",
      product: "Ready",
    },
    {
      what: "a certificate issued by another server's",
      listener: tlsListener(byNoCa, {}, [noCa]),
      client: verifying(pki.root),
      docker: UNKNOWN_OR_FAILED,
      product: "ServerCertificateUsageInvalid",
    },
    {
      what: "a certificate issued by a self-signed one that is not a CA",
      listener: tlsListener(byNoCaRoot),
      client: verifying(noCaRoot),
      docker: UNKNOWN_OR_FAILED,
      product: "ServerCertificateUsageInvalid",
    },
    {
      what: "a CA that may issue for clients only",
      listener: tlsListener(byForClients),
      client: verifying(forClients),
      docker: /incompatible key usage/,
      product: "ServerCertificateUsageInvalid",
    },
    {
      what: "a CA that is not valid yet",
      listener: tlsListener(bySoon),
      client: verifying(soon),
      docker: /certificate has expired or is not yet valid|unknown authority/,
      product: "ServerCertificateNotYetValid",
    },
  ];
}
