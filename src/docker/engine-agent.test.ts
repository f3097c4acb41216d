import { generateKeyPairSync, X509Certificate } from "node:crypto";
import type { Agent } from "node:http";
import type { TlsOptions } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loopbackLookup } from "../../test/support/connection-failure.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority, type IssueOptions, type KeyPair } from "../../test/support/pki.ts";
import { type RawServer, startRawServer, startRawTlsServer } from "../../test/support/raw-server.ts";
import { openGuard } from "../common/dial-guard.ts";
import type { Endpoint } from "./endpoint.ts";
import { createEngineAgent, type EngineAgent } from "./engine-agent.ts";
import { type EngineReply, exchange } from "./exchange.ts";
import type { TlsSettings } from "./tls-options.ts";

const authority = await createAuthority({ commonName: "fleet CA" });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** What the server saw of a connection: the name that was asked for and the client's common name. */
interface Seen {
  servername?: unknown;
  client?: unknown;
}

/** A server over TLS that answers every request with 200. */
async function start(identity: KeyPair, options: TlsOptions = {}): Promise<RawServer & { readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await startRawTlsServer({ cert: identity.certPem, key: identity.keyPem, ...options }, (socket) => {
    const { servername } = socket as { servername?: unknown };
    seen.push({ servername, client: socket.getPeerCertificate().subject?.CN });
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
  });
  cleanups.push(() => server.close());
  return Object.assign(server, { seen });
}

function serverIdentity(options: Partial<IssueOptions>): Promise<KeyPair> {
  return authority.issue({ commonName: "edge-7", usages: ["serverAuth"], ...options });
}

function settings(changes: Partial<TlsSettings> = {}): TlsSettings {
  return { verify: true, credentials: { ca: [authority.certPem] }, roots: () => [], ...changes };
}

function endpointAt(server: RawServer, host = "127.0.0.1"): Endpoint {
  return { kind: "tcp", scheme: "https", host, port: server.port, pathPrefix: "" };
}

function agentFor(endpoint: Endpoint, tls: TlsSettings | undefined): EngineAgent {
  const agent = createEngineAgent(endpoint, tls, openGuard(loopbackLookup));
  cleanups.push(async () => agent.agent.destroy());
  return agent;
}

function ask(endpoint: Endpoint, agent: Agent): Promise<EngineReply> {
  return exchange({ endpoint, agent, path: "/_ping", signal: new AbortController().signal });
}

/** The code with which a connection to this endpoint is refused, or `connected`. */
async function connect(endpoint: Endpoint, tls: TlsSettings): Promise<unknown> {
  const { agent } = agentFor(endpoint, tls);
  return await ask(endpoint, agent).then(
    () => "connected",
    (error: Error & { code?: string }) => error.code,
  );
}

describe("the agent over TLS", () => {
  it("verifies the server alone, and shows no certificate of its own", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
      requestCert: true,
      rejectUnauthorized: false,
    });
    expect(await connect(endpointAt(server), settings())).toBe("connected");
    expect(server.seen).toEqual([{ servername: false, client: undefined }]);
  });

  it("shows its certificate where it has one", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
      ca: authority.certPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const credentials = { ca: [authority.certPem], client: clientCredentials(client) };
    expect(await connect(endpointAt(server), settings({ credentials }))).toBe("connected");
    expect(server.seen).toMatchObject([{ client: "operator" }]);
  });

  it("takes any server without verification, still showing its certificate", async () => {
    const stranger = await makeOddCertificate({ commonName: "stranger" });
    const server = await start(stranger, { ca: authority.certPem, requestCert: true, rejectUnauthorized: true });
    const credentials = { ca: [authority.certPem], client: clientCredentials(client) };
    expect(await connect(endpointAt(server), settings({ verify: false, credentials }))).toBe("connected");
    expect(server.seen).toMatchObject([{ client: "operator" }]);
  });

  it("trusts the given CA alone, and the roots only where none is given", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint = endpointAt(server);
    const roots = () => [authority.certPem];
    expect(await connect(endpoint, settings({ credentials: { ca: [other.certPem] }, roots }))).toBe(
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    );
    expect(await connect(endpoint, settings({ credentials: {}, roots }))).toBe("connected");
    expect(await connect(endpoint, settings({ credentials: {} }))).toBe("UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
  });

  it("asks for the endpoint's name, without the dot at its end", async () => {
    const server = await start(await serverIdentity({ dnsNames: ["edge-7.test"] }));
    expect(await connect(endpointAt(server, "edge-7.test"), settings())).toBe("connected");
    expect(await connect(endpointAt(server, "edge-7.test."), settings())).toBe("connected");
    expect(server.seen.map(({ servername }) => servername)).toEqual(["edge-7.test", "edge-7.test"]);
    expect(await connect(endpointAt(server, "edge-8.test"), settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("asks for and verifies another name where one is given", async () => {
    const server = await start(await serverIdentity({ dnsNames: ["edge-7.internal"] }));
    const endpoint = endpointAt(server);
    expect(await connect(endpoint, settings({ serverName: "edge-7.internal" }))).toBe("connected");
    expect(server.seen.map(({ servername }) => servername)).toEqual(["edge-7.internal"]);
    expect(await connect(endpoint, settings({ serverName: "edge-8" }))).toBe("DOCKERHOST_NAME_MISMATCH");
    expect(await connect(endpoint, settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("can verify an address in place of the endpoint's name", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["10.9.8.7"] }));
    expect(await connect(endpointAt(server, "edge-7.test"), settings({ serverName: "10.9.8.7" }))).toBe("connected");
  });

  it.each(["edge-7", "127.0.0.1"])(
    "does not take the common name of a certificate without alternative names: %s",
    async (host) => {
      const server = await start(await serverIdentity({ commonName: host }));
      expect(await connect(endpointAt(server, host), settings())).toBe("DOCKERHOST_NO_SAN");
    },
  );

  it("does not take the common name where the alternative names are all addresses", async () => {
    const server = await start(await serverIdentity({ commonName: "edge-7", ipAddresses: ["10.9.8.7"] }));
    expect(await connect(endpointAt(server, "edge-7"), settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("takes an intermediate for the CA, as Go's client does", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
    const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"], issuer: intermediate });
    const server = await start({ certPem: leaf.certPem + intermediate.certPem, keyPem: leaf.keyPem });
    for (const ca of [root, intermediate]) {
      const endpoint = endpointAt(server, "edge-7");
      const agent = agentFor(endpoint, settings({ credentials: { ca: [ca.certPem] } }));
      await ask(endpoint, agent.agent);
      expect(agent.peerChain()?.leaf.subject).toBe("CN=edge-7");
      expect(agent.peerChain()?.authority?.subject).toBe(ca.certificate.subject);
    }
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("shakes hands in full for each connection of %s", async (maxVersion) => {
    const resumed: boolean[] = [];
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"] });
    const server = await startRawTlsServer({ cert: identity.certPem, key: identity.keyPem, maxVersion }, (socket) => {
      resumed.push(socket.isSessionReused());
      // With a ticket for a session, which a client may come back with.
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
    });
    cleanups.push(() => server.close());
    const endpoint = endpointAt(server);
    for (const agent of [agentFor(endpoint, settings()), agentFor(endpoint, settings())]) {
      expect(agent.peerChain()).toBeUndefined();
      for (let connection = 0; connection < 2; connection++) {
        await ask(endpoint, agent.agent);
        expect(agent.peerChain()?.leaf.subject).toBe("CN=edge-7");
        expect(agent.peerChain()?.authority?.subject).toBe("CN=fleet CA");
        await vi.waitFor(() => expect(server.open).toBe(0));
      }
    }
    expect(resumed).toEqual([false, false, false, false]);
  });

  it("refuses to speak TLS settings over a plaintext scheme", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    expect(await connect(endpoint, settings())).toBe("ERR_INVALID_PROTOCOL");
    expect(server.accepted).toBe(0);
  });
});

describe("what a server showed that was refused", () => {
  const PAST = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") };

  it.each([
    ["an unknown CA", {}, "other CA", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    ["another name", { ipAddresses: ["10.0.0.1"] }, "fleet CA", "DOCKERHOST_NAME_MISMATCH"],
    ["no name", { ipAddresses: [] }, "fleet CA", "DOCKERHOST_NO_SAN"],
    ["expired", PAST, "fleet CA", "CERT_HAS_EXPIRED"],
    ["for clients", { usages: ["clientAuth"] }, "fleet CA", "INVALID_PURPOSE"],
  ] as const)("can be told, without a CA: %s", async (_name, options, ca, code) => {
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"], ...options });
    const server = await start(identity, { maxVersion: "TLSv1.2" });
    const trusted = ca === "fleet CA" ? authority : await createAuthority({ commonName: ca });
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings({ credentials: { ca: [trusted.certPem] } }));
    await expect(ask(endpoint, agent.agent)).rejects.toMatchObject({ code });
    expect(agent.peerChain()?.leaf.raw).toEqual(new X509Certificate(identity.certPem).raw);
    expect(agent.peerChain()).not.toHaveProperty("authority");
  });

  it("is no longer told once another connection was tried", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings({ credentials: { ca: [client.certPem] } }));
    await expect(ask(endpoint, agent.agent)).rejects.toThrow();
    await server.close();
    cleanups.pop();
    await expect(ask(endpoint, agent.agent)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(agent.peerChain()).toBeUndefined();
  });

  it("has no CA without verification", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings({ verify: false }));
    await ask(endpoint, agent.agent);
    expect(agent.peerChain()?.leaf.subject).toBe("CN=edge-7");
    expect(agent.peerChain()).not.toHaveProperty("authority");
  });
});

describe("a server whose chain holds a key at which Node's getPeerCertificate would end the process", async () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const root = await makeOddCertificate({ commonName: "root", ca: true });
  const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"], issuer: root });
  // OpenSSL takes the trusted one of that name, and Node would show this.
  const odd = await makeOddCertificate({
    commonName: "root",
    ca: true,
    publicKey: publicKey.export({ type: "spki", format: "der" }),
  });

  it.each([
    [true, "DOCKERHOST_CERTIFICATE_MALFORMED"],
    [false, "connected"],
  ])("is survived, with verification %s", async (verify, end) => {
    const server = await start({ certPem: leaf.certPem + odd.certPem, keyPem: leaf.keyPem });
    const endpoint = endpointAt(server, "edge-7");
    expect(await connect(endpoint, settings({ verify, credentials: { ca: [root.certPem] } }))).toBe(end);
  });
});

describe("the strength of a connection", () => {
  it.each(["leaf", "CA"])("may be that of 1024-bit RSA, as for Docker's client: %s", async (which) => {
    const ca = await makeOddCertificate({ commonName: "CA", ca: true, rsaBits: which === "CA" ? 1024 : 2048 });
    const leaf = await makeOddCertificate({
      commonName: "edge-7",
      dnsNames: ["edge-7"],
      issuer: ca,
      rsaBits: which === "leaf" ? 1024 : 2048,
    });
    const server = await start(leaf, { ciphers: "DEFAULT@SECLEVEL=0" });
    const endpoint = endpointAt(server, "edge-7");
    expect(await connect(endpoint, settings({ credentials: { ca: [ca.certPem] } }))).toBe("connected");
  });

  it("may be that of a client's key of 1024 bits", async () => {
    const weak = await makeOddCertificate({ commonName: "operator", rsaBits: 1024 });
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
      ca: weak.certPem,
      requestCert: true,
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const credentials = { ca: [authority.certPem], client: clientCredentials(weak) };
    expect(await connect(endpointAt(server), settings({ credentials }))).toBe("connected");
    expect(server.seen).toMatchObject([{ client: "operator" }]);
  });

  it.each([
    ["ECDHE-ECDSA-AES128-GCM-SHA256", "connected"],
    ["ECDHE-ECDSA-AES256-GCM-SHA384", "connected"],
    ["ECDHE-ECDSA-CHACHA20-POLY1305", "connected"],
    ["ECDHE-ECDSA-AES128-SHA", "EPROTO"],
    ["ECDHE-ECDSA-AES256-CCM", "EPROTO"],
  ])("is that of Docker's suites over TLS 1.2: %s", async (suite, end) => {
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"] });
    const server = await start(identity, { maxVersion: "TLSv1.2", ciphers: suite });
    expect(await connect(endpointAt(server), settings())).toBe(end);
  });

  it.each(["AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"])("is none without ECDHE: %s", async (suite) => {
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"], keyType: "rsa" });
    const server = await start(identity, { maxVersion: "TLSv1.2", ciphers: suite, dhparam: "auto" });
    expect(await connect(endpointAt(server), settings())).toBe("EPROTO");
  });
});

describe("the phase of a connection", () => {
  it("is the dial until the other side accepts", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const endpoint: Endpoint = { kind: "tcp", scheme: "https", host: "edge-7.test", port: 1, pathPrefix: "" };
    const agent = createEngineAgent(
      endpoint,
      settings(),
      openGuard(() => resolve()),
    ); // a lookup that never ends
    const controller = new AbortController();
    const reply = exchange({ endpoint, agent: agent.agent, path: "/_ping", signal: controller.signal });
    await asked;
    expect(agent.phase()).toBe("dial");
    controller.abort();
    await expect(reply).rejects.toThrow();
    agent.agent.destroy();
  });

  it("is the handshake while the server says nothing", async () => {
    const server = await startRawServer(() => {});
    cleanups.push(() => server.close());
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings());
    ask(endpoint, agent.agent).catch(() => {}); // ended with the test
    await vi.waitFor(() => expect(agent.phase()).toBe("handshake"));
  });

  it("is the exchange after that, and in plaintext at once", async () => {
    const server = await start(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const secure = agentFor(endpointAt(server), settings());
    await ask(endpointAt(server), secure.agent);
    expect(secure.phase()).toBe("exchange");

    const silent = await startRawServer(() => {});
    cleanups.push(() => silent.close());
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: silent.port, pathPrefix: "" };
    const plain = agentFor(endpoint, undefined);
    ask(endpoint, plain.agent).catch(() => {}); // ended with the test
    await vi.waitFor(() => expect(plain.phase()).toBe("exchange"));
  });

  it("begins anew with a new connection", async () => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    cleanups.push(() => server.close());
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "edge-7.test", port: server.port, pathPrefix: "" };
    let answers = true;
    const guard = openGuard((...query) => (answers ? loopbackLookup(...query) : undefined));
    const agent = createEngineAgent(endpoint, undefined, guard);
    cleanups.push(async () => agent.agent.destroy());
    await ask(endpoint, agent.agent);
    await vi.waitFor(() => expect(server.open).toBe(0));
    expect(agent.phase()).toBe("exchange");
    answers = false;
    ask(endpoint, agent.agent).catch(() => {}); // ended with the test
    await vi.waitFor(() => expect(agent.phase()).toBe("dial"));
  });
});

function clientCredentials({ certPem, keyPem }: KeyPair) {
  const facts = { subject: "", issuer: "", notBefore: "", notAfter: "", fingerprint: "" };
  return { cert: certPem, key: keyPem, facts };
}
