import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { startRawTlsServer } from "../../test/support/raw-server.ts";
import {
  agentFor,
  ask,
  authority,
  client,
  clientCredentials,
  connect,
  endpointAt,
  serverIdentity,
  settings,
  startTlsServer,
} from "../../test/support/tls-connections.ts";
import type { Endpoint } from "./endpoint.ts";

describe("a connection over TLS", () => {
  it("only verifies the server, and shows no certificate of its own", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
      requestCert: true,
      rejectUnauthorized: false,
    });
    expect(await connect(endpointAt(server), settings())).toBe("connected");
    expect(server.seen).toEqual([{ servername: false, client: undefined }]);
  });

  it("shows its certificate where it has one", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
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
    const server = await startTlsServer(stranger, {
      ca: authority.certPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const credentials = { ca: [authority.certPem], client: clientCredentials(client) };
    expect(await connect(endpointAt(server), settings({ verify: false, credentials }))).toBe("connected");
    expect(server.seen).toMatchObject([{ client: "operator" }]);
  });

  it("trusts only the given CA, and the roots only if none is given", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint = endpointAt(server);
    const roots = () => [authority.certPem];
    expect(await connect(endpoint, settings({ credentials: { ca: [other.certPem] }, roots }))).toBe(
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    );
    expect(await connect(endpoint, settings({ credentials: {}, roots }))).toBe("connected");
    expect(await connect(endpoint, settings({ credentials: {} }))).toBe("UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
  });

  it("asks for the endpoint's name, without the dot at its end", async () => {
    const server = await startTlsServer(await serverIdentity({ dnsNames: ["edge-7.test"] }));
    expect(await connect(endpointAt(server, "edge-7.test"), settings())).toBe("connected");
    expect(await connect(endpointAt(server, "edge-7.test."), settings())).toBe("connected");
    expect(server.seen.map(({ servername }) => servername)).toEqual(["edge-7.test", "edge-7.test"]);
    expect(await connect(endpointAt(server, "edge-8.test"), settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("asks for and verifies another name where one is given", async () => {
    const server = await startTlsServer(await serverIdentity({ dnsNames: ["edge-7.internal"] }));
    const endpoint = endpointAt(server);
    expect(await connect(endpoint, settings({ serverName: "edge-7.internal" }))).toBe("connected");
    expect(server.seen.map(({ servername }) => servername)).toEqual(["edge-7.internal"]);
    expect(await connect(endpoint, settings({ serverName: "edge-8" }))).toBe("DOCKERHOST_NAME_MISMATCH");
    expect(await connect(endpoint, settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("can verify an address in place of the endpoint's name", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["10.9.8.7"] }));
    expect(await connect(endpointAt(server, "edge-7.test"), settings({ serverName: "10.9.8.7" }))).toBe("connected");
  });

  it.each(["edge-7", "127.0.0.1"])(
    "does not take the common name of a certificate without alternative names: %s",
    async (host) => {
      const server = await startTlsServer(await serverIdentity({ commonName: host }));
      expect(await connect(endpointAt(server, host), settings())).toBe("DOCKERHOST_NO_SAN");
    },
  );

  it("does not take the common name where the alternative names are all addresses", async () => {
    const server = await startTlsServer(await serverIdentity({ commonName: "edge-7", ipAddresses: ["10.9.8.7"] }));
    expect(await connect(endpointAt(server, "edge-7"), settings())).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("accepts an intermediate as the CA, as Go's client does", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
    const leaf = await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"], issuer: intermediate });
    const server = await startTlsServer({ certPem: leaf.certPem + intermediate.certPem, keyPem: leaf.keyPem });
    for (const ca of [root, intermediate]) {
      const endpoint = endpointAt(server, "edge-7");
      const agent = agentFor(endpoint, settings({ credentials: { ca: [ca.certPem] } }));
      await ask(endpoint, agent.agent);
      expect(agent.peerChain()?.leaf.subject).toBe("CN=edge-7");
      expect(agent.peerChain()?.authority?.subject).toBe(ca.certificate.subject);
    }
  });

  it.each([
    ["the server's certificate only", false],
    ["the CA's, too", true],
  ])("goes by signatures where CA and server share a name and have no key identifiers: %s", async (_name, sendsCa) => {
    const names = { commonName: "edge-7", dnsNames: ["edge-7"] };
    const ca = await makeOddCertificate({ commonName: "edge-7", ca: true });
    const namesake = await makeOddCertificate({ commonName: "edge-7", ca: true });
    const leaf = await makeOddCertificate({ ...names, issuer: ca });
    const server = await startTlsServer({ certPem: leaf.certPem + (sendsCa ? ca.certPem : ""), keyPem: leaf.keyPem });
    const endpoint = endpointAt(server, "edge-7");
    const trusting = (...cas: (typeof ca)[]) =>
      connect(endpoint, settings({ credentials: { ca: cas.map(({ certPem }) => certPem) } }));
    expect(await trusting(ca)).toBe("connected");
    expect(await trusting(namesake, ca)).toBe("connected");
    expect(await trusting(ca, namesake)).toBe("connected");
    expect(await trusting(namesake)).toMatch(/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE)/);
    const impostor = await startTlsServer(await makeOddCertificate(names));
    expect(await connect(endpointAt(impostor, "edge-7"), settings({ credentials: { ca: [ca.certPem] } }))).toBe(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
    const mismatch = settings({ credentials: { ca: [ca.certPem] }, serverName: "edge-8" });
    expect(await connect(endpoint, mismatch)).toBe("DOCKERHOST_NAME_MISMATCH");
  });

  it("takes a CA that was renewed under another serial number, which the server's certificate names", async () => {
    const ca = await makeOddCertificate({ commonName: "CA", ca: true, serialNumber: "01" });
    const renewed = await makeOddCertificate({ commonName: "CA", ca: true, serialNumber: "02", sameKeyAs: ca });
    // The issuer's name CN=CA and serial number 1.
    const value = Buffer.from("3016a111a40f300d310b300906035504030c024341820101", "hex");
    const leaf = await makeOddCertificate({
      commonName: "edge-7",
      dnsNames: ["edge-7"],
      issuer: ca,
      extensions: [{ oid: "2.5.29.35", value }],
    });
    const endpoint = endpointAt(await startTlsServer(leaf), "edge-7");
    expect(await connect(endpoint, settings({ credentials: { ca: [renewed.certPem] } }))).toBe("connected");
  });

  it("holds name constraints against alternative names only, where the CA is not sent along", async () => {
    // Permitted: DNS names below `test`.
    const value = Buffer.from("300aa0083006820474657374", "hex");
    const ca = await makeOddCertificate({
      commonName: "CA",
      ca: true,
      extensions: [{ oid: "2.5.29.30", critical: true, value }],
    });
    const issue = (dnsName: string) =>
      makeOddCertificate({ commonName: "edge-7.example.com", dnsNames: [dnsName], issuer: ca });
    const at = async (dnsName: string) =>
      await connect(endpointAt(await startTlsServer(await issue(dnsName)), dnsName), {
        ...settings({ credentials: { ca: [ca.certPem] } }),
      });
    expect(await at("edge-7.test")).toBe("connected");
    expect(await at("edge-7.example")).not.toBe("connected");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)("shakes hands in full for each connection of %s", async (maxVersion) => {
    const resumed: boolean[] = [];
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"] });
    const server = await startRawTlsServer({ cert: identity.certPem, key: identity.keyPem, maxVersion }, (socket) => {
      resumed.push(socket.isSessionReused());
      // With a ticket for a session, which a client may come back with.
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
    });
    onTestFinished(() => server.close());
    const endpoint = endpointAt(server);
    for (const agent of [agentFor(endpoint, settings()), agentFor(endpoint, settings())]) {
      expect(agent.peerChain()).toBeUndefined();
      for (let connection = 0; connection < 2; connection++) {
        await ask(endpoint, agent.agent);
        expect(agent.peerChain()?.leaf.subject).toBe("CN=edge-7");
        expect(agent.peerChain()?.authority?.subject).toBe("CN=fleet CA");
        await eventually(() => expect(server.open).toBe(0));
      }
    }
    expect(resumed).toEqual([false, false, false, false]);
  });

  it("refuses to speak TLS settings over a plaintext scheme", async () => {
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }));
    const endpoint: Endpoint = { kind: "tcp", scheme: "http", host: "127.0.0.1", port: server.port, pathPrefix: "" };
    expect(await connect(endpoint, settings())).toBe("ERR_INVALID_PROTOCOL");
    expect(server.accepted).toBe(0);
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
    const server = await startTlsServer(leaf, { ciphers: "DEFAULT@SECLEVEL=0" });
    const endpoint = endpointAt(server, "edge-7");
    expect(await connect(endpoint, settings({ credentials: { ca: [ca.certPem] } }))).toBe("connected");
  });

  it("may be that of a client's key of 1024 bits", async () => {
    const weak = await makeOddCertificate({ commonName: "operator", rsaBits: 1024 });
    const server = await startTlsServer(await serverIdentity({ ipAddresses: ["127.0.0.1"] }), {
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
    const server = await startTlsServer(identity, { maxVersion: "TLSv1.2", ciphers: suite });
    expect(await connect(endpointAt(server), settings())).toBe(end);
  });

  it.each(["AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"])("is none without ECDHE: %s", async (suite) => {
    const identity = await serverIdentity({ ipAddresses: ["127.0.0.1"], keyType: "rsa" });
    const server = await startTlsServer(identity, { maxVersion: "TLSv1.2", ciphers: suite, dhparam: "auto" });
    expect(await connect(endpointAt(server), settings())).toBe("EPROTO");
  });
});
