import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { loopbackLookup } from "../../test/support/connection-failure.ts";
import { eventually } from "../../test/support/eventually.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import {
  agentFor,
  ask,
  authority,
  client,
  connect,
  endpointAt,
  serverIdentity,
  settings,
  startTlsServer,
} from "../../test/support/tls-connections.ts";
import { systemClock } from "../common/clock.ts";
import { openGuard } from "../common/dial-guard.ts";
import type { Endpoint } from "./endpoint.ts";
import { createEngineAgent } from "./engine-agent.ts";
import { exchange, replyBudget } from "./exchange.ts";

describe("what a server showed that was refused", () => {
  const PAST = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") };

  it.each([
    ["an unknown CA", {}, "other CA", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    ["another name", { ipAddresses: ["10.0.0.1"] }, "fleet CA", "DOCKERHOST_NAME_MISMATCH"],
    ["no name", { ipAddresses: [] }, "fleet CA", "DOCKERHOST_NO_SAN"],
    ["expired", PAST, "fleet CA", "CERT_HAS_EXPIRED"],
    ["for clients", { usages: ["clientAuth"] }, "fleet CA", "INVALID_PURPOSE"],
  ] as const)("can be reported, without a CA: %s", async (_name, options, ca, code) => {
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"], ...options });
    const server = await startTlsServer(identity, { maxVersion: "TLSv1.2" });
    const trusted = ca === "fleet CA" ? authority : await createAuthority({ commonName: ca });
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings({ credentials: { ca: [trusted.certPem] } }));
    await expect(ask(endpoint, agent.agent)).rejects.toMatchObject({ code });
    expect(agent.peerChain()?.leaf.raw).toEqual(new X509Certificate(identity.certPem).raw);
    expect(agent.peerChain()).not.toHaveProperty("authority");
  });

  it("is no longer reported once another connection was tried", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings({ credentials: { ca: [client.certPem] } }));
    await expect(ask(endpoint, agent.agent)).rejects.toThrow();
    await server.close();
    await expect(ask(endpoint, agent.agent)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(agent.peerChain()).toBeUndefined();
  });

  it("has no CA without verification", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
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
    const server = await startTlsServer({ certPem: leaf.certPem + odd.certPem, keyPem: leaf.keyPem });
    const endpoint = endpointAt(server, "edge-7");
    expect(await connect(endpoint, settings({ verify, credentials: { ca: [root.certPem] } }))).toBe(end);
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
    const reply = exchange({
      endpoint,
      agent: agent.agent,
      path: "/_ping",
      budget: replyBudget(systemClock),
      signal: controller.signal,
    });
    await asked;
    expect(agent.phase()).toBe("dial");
    controller.abort();
    await expect(reply).rejects.toThrow();
    agent.agent.destroy();
  });

  it("is the handshake while the server says nothing", async () => {
    const server = await startRawServer(() => {});
    onTestFinished(() => server.close());
    const endpoint = endpointAt(server);
    const agent = agentFor(endpoint, settings());
    ask(endpoint, agent.agent).catch(() => {}); // ended with the test
    await eventually(() => expect(agent.phase()).toBe("handshake"));
  });

  it("is the exchange after that, and in plaintext immediately", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const secure = agentFor(endpointAt(server), settings());
    await ask(endpointAt(server), secure.agent);
    expect(secure.phase()).toBe("exchange");

    const silent = await startRawServer(() => {});
    onTestFinished(() => silent.close());
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: silent.port, pathPrefix: "" };
    const plain = agentFor(endpoint, undefined);
    ask(endpoint, plain.agent).catch(() => {}); // ended with the test
    await eventually(() => expect(plain.phase()).toBe("exchange"));
  });

  it("begins again with a new connection", async () => {
    const server = await startRawServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
    onTestFinished(() => server.close());
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "edge-7.test", port: server.port, pathPrefix: "" };
    let answers = true;
    const guard = openGuard((...query) => (answers ? loopbackLookup(...query) : undefined));
    const agent = createEngineAgent(endpoint, undefined, guard);
    onTestFinished(() => agent.agent.destroy());
    await ask(endpoint, agent.agent);
    await eventually(() => expect(server.open).toBe(0));
    expect(agent.phase()).toBe("exchange");
    answers = false;
    ask(endpoint, agent.agent).catch(() => {}); // ended with the test
    await eventually(() => expect(agent.phase()).toBe("dial"));
  });
});
