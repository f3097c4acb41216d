import { createSecureContext, type SecureContext } from "node:tls";
import type { OddOptions } from "../../support/odd-certificates.ts";
import { type Pki, tlsListener, verifying } from "../pki.ts";
import { overEachVersion, type Row } from "../row.ts";

/** For whom the server's certificate is. */
export async function serverNameRows(pki: Pki): Promise<readonly Row[]> {
  const client = verifying(pki.root);
  const named = async (what: string, host: string, options: Partial<OddOptions>) => ({
    what,
    host: `tcp://${host}:PORT`,
    listener: tlsListener(await pki.server({ ipAddresses: [], ...options })),
    client,
  });
  const connects = { docker: "connects", product: "Ready" } as const;
  const mismatch = { docker: /certificate is (not )?valid for/, product: "ServerNameMismatch" } as const;
  const noSan = {
    docker: /relies on legacy Common Name field|certificate is not valid for any names/,
    product: "ServerCertificateNoSAN",
  } as const;
  const edge = { dnsNames: ["edge-7.fleet.test"] };
  const wildcard = { dnsNames: ["*.fleet.test"] };
  return [
    ...overEachVersion({ ...(await named("its name", "edge-7.fleet.test", edge)), ...connects }),
    ...overEachVersion({ ...(await named("another name", "edge-8.fleet.test", edge)), ...mismatch }),
    {
      ...(await named("its address, and it has a name only", "127.0.0.1", edge)),
      docker: NO_ADDRESSES,
      product: "ServerNameMismatch",
    },
    ...overEachVersion({
      ...(await named("another address", "127.0.0.1", { ipAddresses: ["192.0.2.7"] })),
      ...mismatch,
    }),
    {
      ...(await named("its name, and it has an address only", "edge-7.fleet.test", { ipAddresses: ["127.0.0.1"] })),
      ...mismatch,
    },
    {
      ...(await named("its address, written as a name", "127.0.0.1", { dnsNames: ["127.0.0.1"] })),
      docker: NO_ADDRESSES,
      product: "ServerNameMismatch",
    },
    {
      ...(await named("one of several names", "edge-7.fleet.test", {
        dnsNames: ["edge-6.fleet.test", "edge-7.fleet.test"],
      })),
      ...connects,
    },
    { ...(await named("localhost", "localhost", { dnsNames: ["localhost"] })), ...connects },
    { ...(await named("a name of one label", "edge-7", { dnsNames: ["edge-7"] })), ...connects },
    { ...(await named("its name in capitals", "EDGE-7.Fleet.Test", edge)), ...connects },
    {
      ...(await named("its name, and the certificate has it in capitals", "edge-7.fleet.test", {
        dnsNames: ["EDGE-7.FLEET.TEST"],
      })),
      ...connects,
    },
    { ...(await named("its name with the dot that ends it", "edge-7.fleet.test.", edge)), ...connects },
    {
      ...(await named("a name with an underscore", "edge_7.fleet.test", { dnsNames: ["edge_7.fleet.test"] })),
      ...connects,
    },
    ...overEachVersion({
      ...(await named("the name as common name only", "edge-7.fleet.test", { commonName: "edge-7.fleet.test" })),
      ...noSan,
    }),
    {
      ...(await named("the address as common name only", "127.0.0.1", { commonName: "127.0.0.1" })),
      ...noSan,
    },
    {
      ...(await named("the right common name beside other names", "edge-7.fleet.test", {
        commonName: "edge-7.fleet.test",
        dnsNames: ["edge-8.fleet.test"],
      })),
      ...mismatch,
    },
    {
      ...(await named("the right common name beside an address", "edge-7.fleet.test", {
        commonName: "edge-7.fleet.test",
        ipAddresses: ["192.0.2.7"],
      })),
      docker: /certificate is|relies on legacy Common Name field/,
      product: "ServerNameMismatch",
    },
    ...overEachVersion({ ...(await named("a wildcard", "edge-7.fleet.test", wildcard)), ...connects }),
    { ...(await named("a wildcard of another domain", "edge-7.other.test", wildcard)), ...mismatch },
    { ...(await named("a wildcard two levels up", "a.edge-7.fleet.test", wildcard)), ...mismatch },
    { ...(await named("a wildcard for its own domain", "fleet.test", wildcard)), ...mismatch },
    { ...(await named("a wildcard above a single label", "edge-7.fleet", { dnsNames: ["*.fleet"] })), ...connects },
    {
      ...(await named("a wildcard as a part of a label", "edge-7.fleet.test", { dnsNames: ["edge-*.fleet.test"] })),
      ...mismatch,
    },
    {
      ...(await named("a wildcard in the middle", "a.edge-7.fleet.test", { dnsNames: ["a.*.fleet.test"] })),
      ...mismatch,
    },
    {
      what: "an IPv6 address",
      host: "tcp://[::1]:PORT",
      listener: { ...tlsListener(await pki.server({ ipAddresses: ["::1"] })), address: "::1" },
      client,
      ...connects,
    },
    {
      what: "an IPv6 address, and it has another one",
      host: "tcp://[::1]:PORT",
      listener: { ...tlsListener(await pki.server({ ipAddresses: ["2001:db8::7"] })), address: "::1" },
      client,
      ...mismatch,
    },
    {
      what: "an IPv6 address written at length",
      host: "tcp://[0:0:0:0:0:0:0:1]:PORT",
      listener: { ...tlsListener(await pki.server({ ipAddresses: ["::1"] })), address: "::1" },
      client,
      ...connects,
    },
    {
      what: "a server with a certificate for each name that it is asked for",
      host: "tcp://edge-7.fleet.test:PORT",
      listener: tlsListener(await pki.server({ dnsNames: ["default.fleet.test"] }), {
        SNICallback: await certificateByName(pki),
      }),
      client,
      ...connects,
    },
  ];
}

const NO_ADDRESSES = /cannot validate certificate for 127\.0\.0\.1 because it doesn't contain any IP SANs/;

async function certificateByName(pki: Pki) {
  const { certPem, keyPem } = await pki.server({ ipAddresses: [], dnsNames: ["edge-7.fleet.test"] });
  const context = createSecureContext({ cert: certPem, key: keyPem });
  return (name: string, callback: (error: Error | null, context?: SecureContext) => void) =>
    name === "edge-7.fleet.test" ? callback(null, context) : callback(null);
}
