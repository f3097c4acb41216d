import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect, TLSSocket } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { SimRegistry } from "../../test/sim/registry.ts";
import { makeOddCertificate, type OddCertificate, type OddOptions } from "../../test/support/odd-certificates.ts";
import { startRawTlsServer } from "../../test/support/raw-server.ts";
import { startRegistry } from "../../test/support/registry-client.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import { verifyChain } from "../common/x509/verify-chain.ts";
import { RegistryClient } from "./client.ts";
import { RegistryConnections } from "./connections.ts";
import type { RegistryTrust } from "./trust.ts";

const HOUR_MS = 3_600_000;
const root = await makeOddCertificate({ commonName: "root", ca: true });

const authority = (options: Partial<OddOptions> = {}) =>
  makeOddCertificate({ commonName: "CA", ca: true, issuer: root, ...options });
const server = (options: Partial<OddOptions> = {}) =>
  makeOddCertificate({ commonName: "registry", ipAddresses: ["127.0.0.1"], issuer: root, ...options });

const selfSigned = () => makeOddCertificate({ commonName: "registry", ipAddresses: ["127.0.0.1"] });

/** Excludes `example.com` and what is below it. */
const SUBTREE = Buffer.from("\x30\x0d\x82\x0bexample.com", "latin1");
const CONSTRAINTS = [
  { oid: "2.5.29.30", critical: true, value: Buffer.concat([Buffer.from([0x30, 0x11, 0xa1, 0x0f]), SUBTREE]) },
];

async function serve(own: OddCertificate, above: readonly OddCertificate[] = []): Promise<SimRegistry> {
  const cert = [own, ...above].map(({ certPem }) => certPem).join("");
  const registry = await startRegistry({ tls: { cert, key: own.keyPem } });
  registry.push("team/app", "1");
  return registry;
}

function open(systemRoots: readonly OddCertificate[], clock = systemClock) {
  const connections = new RegistryConnections({
    systemRoots: systemRoots.map(({ certPem }) => certPem),
    guard: openGuard(),
    clock,
  });
  const client = new RegistryClient({ connections, clock: systemClock, random: () => 0.5 });
  const ask = async ({ host }: Pick<SimRegistry, "host">, trust: RegistryTrust = { roots: [] }) => {
    const target = { domain: host, path: "team/app", access: { trust, insecure: false } };
    const outcome = await client.resolveTag(target, "1", new AbortController().signal);
    return outcome.ok ? "answered" : `${outcome.failure.reason} ${outcome.failure.message}`;
  };
  return { ask, [Symbol.dispose]: () => connections.close() };
}

async function askOnce(registry: SimRegistry, ...roots: readonly OddCertificate[]): Promise<string> {
  using world = open([]);
  return await world.ask(registry, { roots: roots.map(({ certPem }) => certPem) });
}

/** The error of OpenSSL, without our own check. */
async function byOpenssl({ port }: SimRegistry, trusted: OddCertificate): Promise<boolean> {
  const options = { ca: trusted.certPem, allowPartialTrustChain: true, rejectUnauthorized: false };
  const socket = connect({ host: "127.0.0.1", port, ...options });
  await once(socket, "secureConnect");
  socket.destroy();
  return socket.authorized;
}

/** The result of the shared check, which follows Go. */
function byGo(presented: readonly OddCertificate[], trusted: readonly OddCertificate[]): string {
  const [leaf, ...above] = presented.map(({ certPem }) => new X509Certificate(certPem));
  if (leaf === undefined) throw new Error("nothing was presented");
  const pems = trusted.map(({ certPem }) => certPem);
  const verified = verifyChain([leaf, ...above], pems, systemClock.now());
  return verified.ok ? "holds" : verified.failure.kind;
}

describe("a registry whose chain OpenSSL accepts and docker pull refuses", () => {
  it.each<readonly [string, Partial<OddOptions>, Partial<OddOptions>, string, string]>([
    [
      "an alternative name that a wildcard leads out of the constraints",
      { extensions: CONSTRAINTS },
      { dnsNames: ["*.com"] },
      "constrained",
      "Issue the registry's certificate for names",
    ],
    [
      "an extension that is empty",
      {},
      { extensions: [{ oid: "2.5.29.30", value: Buffer.from("3000", "hex") }] },
      "malformed",
      "Issue the registry's certificate for servers",
    ],
    [
      "a malformed access to its CA",
      {},
      { extensions: [{ oid: "1.3.6.1.5.5.7.1.1", value: Buffer.from("3003020101", "hex") }] },
      "malformed",
      "Issue the registry's certificate for servers",
    ],
  ])("is refused: %s", async (_what, ofCa, ofServer, kind, next) => {
    const ca = await authority(ofCa);
    const own = await server({ issuer: ca, ...ofServer });
    expect(byGo([own, ca], [root])).toBe(kind);
    const registry = await serve(own, [ca]);
    expect(await byOpenssl(registry, root)).toBe(true);
    const words = await askOnce(registry, root);
    expect(words).toMatch(/^RegistryCertificateInvalid /);
    expect(words).toContain(next);
    expect(registry.counters.requests()).toBe(0);
  });
});

it.each([
  ["accepted", root],
  ["refused", await makeOddCertificate({ commonName: "root", ca: true })],
])("reads the certificates of a registry once, which Node never frees, if it is %s", async (_end, trusted) => {
  const ca = await authority();
  const own = await server({ issuer: ca });
  const cert = own.certPem + ca.certPem;
  const registry = await startRawTlsServer({ cert, key: own.keyPem }, (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  });
  onTestFinished(() => registry.close());
  const reads = vi.spyOn(TLSSocket.prototype, "getPeerX509Certificate");
  onTestFinished(() => reads.mockRestore());
  using world = open([]);
  const words = new Set<string>();
  for (let visit = 0; visit < 3; visit++) {
    words.add(await world.ask({ host: `127.0.0.1:${registry.port}` }, { roots: [trusted.certPem] }));
  }
  expect(words.size).toBe(1);
  expect(registry.accepted).toBeGreaterThanOrEqual(3);
  expect(reads).toHaveBeenCalledTimes(1);
});

describe("a registry whose chain both refuse", () => {
  it("says what is wrong if the trusted CA, of version 3, is not marked as a CA", async () => {
    const bare = await makeOddCertificate({ commonName: "bare", bare: true });
    const own = await server({ issuer: bare });
    expect(byGo([own], [bare])).toBe("usage");
    const registry = await serve(own);
    expect(await byOpenssl(registry, bare)).toBe(false);
    expect(await askOnce(registry, bare)).toMatch(
      /^RegistryCertificateInvalid .*a CA above its certificate is not a CA\. /,
    );
  });
});

describe("a registry whose chain docker pull accepts and OpenSSL does not find", () => {
  it("is connected to, at the first and every later try: a CA and a server of one name, without key identifiers", async () => {
    const ca = await makeOddCertificate({ commonName: "registry", ca: true });
    const registry = await serve(await server({ issuer: ca }));
    expect(await byOpenssl(registry, ca)).toBe(false);
    using world = open([root]);
    for (const roots of [[ca.certPem], [root.certPem, ca.certPem], [ca.certPem]]) {
      expect(await world.ask(registry, { roots })).toBe("answered");
    }
    expect(await askOnce(registry, root)).toMatch(/^RegistryCertificateUntrusted .*unknown authority/);
    // What one namespace trusts is not trusted for another.
    expect(await world.ask(registry)).toMatch(/^RegistryCertificateUntrusted /);
  });

  it("is connected to if the CA is among the system's, and if the registry sends both", async () => {
    const ca = await makeOddCertificate({ commonName: "registry", ca: true });
    const registry = await serve(await server({ issuer: ca }), [ca]);
    using world = open([ca]);
    expect(await world.ask(registry)).toBe("answered");
  });

  it("stays refused if another CA of that name issued it, and is not called self-signed", async () => {
    const [ca, impostor] = await Promise.all(
      ["registry", "registry"].map((commonName) => makeOddCertificate({ commonName, ca: true })),
    );
    if (ca === undefined || impostor === undefined) throw new Error("no CAs were made");
    for (const above of [[], [impostor]]) {
      const registry = await serve(await server({ issuer: impostor }), above);
      expect(await askOnce(registry, ca)).toMatch(/^RegistryCertificateUntrusted .*signed by an unknown authority/);
      expect(registry.counters.requests()).toBe(0);
    }
    expect(await askOnce(await serve(await selfSigned()), ca)).toContain("is self-signed");
  });

  it("stays refused for another name, or with an RSA key that is too short for OpenSSL", async () => {
    const ca = await makeOddCertificate({ commonName: "registry", ca: true });
    const elsewhere = await serve(await server({ issuer: ca, ipAddresses: ["127.0.0.9"] }));
    expect(await askOnce(elsewhere, ca)).toMatch(/^RegistryNameMismatch /);
    const weak = await makeOddCertificate({ commonName: "registry", ca: true, rsaBits: 1024 });
    const own = await server({ issuer: weak });
    expect(byGo([own], [weak])).toBe("holds");
    expect(await askOnce(await serve(own), weak)).toMatch(/^RegistryCertificateInvalid .*too weak/);
  });

  it("is checked once more with each connection: after its certificate has expired, it is refused", async () => {
    const ca = await makeOddCertificate({ commonName: "registry", ca: true });
    const registry = await serve(await server({ issuer: ca }));
    let now = Date.now();
    using world = open([], { ...systemClock, now: () => now });
    const trust = { roots: [ca.certPem] };
    expect(await world.ask(registry, trust)).toBe("answered");
    // Ends the kept connection.
    await registry.setFaults();
    now += 2_000 * HOUR_MS;
    expect(await world.ask(registry, trust)).toMatch(/^RegistryCertificateExpired /);
  });

  it("is followed to its next certificate", async () => {
    const ca = await makeOddCertificate({ commonName: "registry", ca: true });
    const [first, next] = [await server({ issuer: ca }), await server({ issuer: ca })];
    const listener = createServer({ cert: first.certPem, key: first.keyPem }, (_request, response) =>
      response.writeHead(200, { "Docker-Content-Digest": `sha256:${"a".repeat(64)}` }).end(),
    );
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    onTestFinished(() => void listener.close().closeAllConnections());
    const { port } = listener.address() as AddressInfo;
    using world = open([]);
    const trust = { roots: [ca.certPem] };
    expect(await world.ask({ host: `127.0.0.1:${port}` }, trust)).toBe("answered");
    listener.setSecureContext({ cert: next.certPem, key: next.keyPem });
    listener.closeAllConnections();
    expect(await world.ask({ host: `127.0.0.1:${port}` }, trust)).toBe("answered");
  });
});
