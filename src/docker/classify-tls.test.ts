import { generateKeyPairSync } from "node:crypto";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { afterEach, describe, it } from "vitest";
import { expectFailure, failureAt } from "../../test/support/connection-failure.ts";
import { makeOddCertificate, type OddOptions } from "../../test/support/odd-certificates.ts";
import { createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { type RawServer, startRawServer, startRawTlsServer } from "../../test/support/raw-server.ts";
import type { Failure } from "../api/failure.ts";
import type { Endpoint } from "./endpoint.ts";
import type { TlsCredentials } from "./preflight.ts";

const PAST = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") };
const FUTURE = { notBefore: new Date("2090-01-01T00:00:00Z"), notAfter: new Date("2091-01-01T00:00:00Z") };

const authority = await createAuthority({ commonName: "fleet CA" });
const identity = await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function tlsServer(server: KeyPair, options: TlsOptions = {}): Promise<RawServer> {
  const started = await startRawTlsServer({ cert: server.certPem, key: server.keyPem, ...options }, (socket) => {
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"));
  });
  cleanups.push(() => started.close());
  return started;
}

async function rawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const started = await startRawServer(onConnection);
  cleanups.push(() => started.close());
  return started;
}

/** What a verifying client says about a server, which it looks for under the name edge-7. */
function tlsFailure({ port }: RawServer, credentials: TlsCredentials = {}, host = "edge-7"): Promise<Failure> {
  const endpoint: Endpoint = { kind: "tcp", scheme: "https", host, port, pathPrefix: "" };
  const tls = {
    verify: true,
    credentials: { ca: [authority.certPem], ...credentials },
    roots: () => [],
    now: Date.now(),
  };
  return failureAt(endpoint, tls);
}

function clientCredentials({ certPem, keyPem }: KeyPair): TlsCredentials {
  const facts = { subject: "", issuer: "", notBefore: "", notAfter: "", fingerprint: "" };
  return { client: { cert: certPem, key: keyPem, facts } };
}

describe("a server certificate", () => {
  it("of another CA is untrusted", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await tlsServer(identity);
    expectFailure(
      await tlsFailure(server, { ca: [other.certPem] }),
      "ServerCertificateUntrusted",
      'was issued by "CN=fleet CA", which is not among the trusted CAs. Put',
    );
  });

  it("is untrusted when the server sends its unknown root along", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await tlsServer({ certPem: identity.certPem + authority.certPem, keyPem: identity.keyPem });
    expectFailure(
      await tlsFailure(server, { ca: [other.certPem] }),
      "ServerCertificateUntrusted",
      'was issued by "CN=fleet CA", through one CA that it sends, which is not among',
    );
  });

  it("is untrusted without the intermediate between", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
    const server = await tlsServer(
      await makeOddCertificate({ commonName: "x", dnsNames: ["edge-7"], issuer: intermediate }),
    );
    expectFailure(
      await tlsFailure(server, { ca: [root.certPem] }),
      "ServerCertificateUntrusted",
      'was issued by "CN=intermediate", which is not among the trusted CAs',
    );
  });

  it("that is self-signed is reported as such", async () => {
    const server = await tlsServer(await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"] }));
    expectFailure(await tlsFailure(server), "ServerCertificateSelfSigned", "is self-signed");
  });

  it("that has expired, or whose CA has", async () => {
    const leaf = await tlsServer(await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], ...PAST }));
    expectFailure(
      await tlsFailure(leaf),
      "ServerCertificateExpired",
      'certificate "CN=edge-7" expired on 2021-01-01T00:00:00Z',
    );
    const old = await createAuthority({ commonName: "old CA", ...PAST });
    const server = await tlsServer(await old.issue({ commonName: "edge-7", dnsNames: ["edge-7"] }));
    expectFailure(
      await tlsFailure(server, { ca: [old.certPem] }),
      "ServerCertificateExpired",
      'the CA "CN=old CA" of the server\'s certificate expired on 2021-01-01T00:00:00Z',
    );
  });

  it("that is not valid yet", async () => {
    const server = await tlsServer(await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], ...FUTURE }));
    expectFailure(await tlsFailure(server), "ServerCertificateNotYetValid", "is not valid before 2090-01-01T00:00:00Z");
  });

  it("for other names lists them", async () => {
    const server = await tlsServer(
      await authority.issue({ commonName: "x", dnsNames: ["edge-8"], ipAddresses: ["10.0.0.8"] }),
    );
    expectFailure(await tlsFailure(server), "ServerNameMismatch", "is for DNS:edge-8, IP Address:10.0.0.8. Set");
    expectFailure(
      await tlsFailure(server, {}, "127.0.0.1"),
      "ServerNameMismatch",
      "is for DNS:edge-8, IP Address:10.0.0.8",
    );
  });

  it("without any names but the common one", async () => {
    const server = await tlsServer(await authority.issue({ commonName: "edge-7" }));
    expectFailure(await tlsFailure(server), "ServerCertificateNoSAN", "no subject alternative names");
  });

  it("that is only for clients", async () => {
    const server = await tlsServer(
      await authority.issue({ commonName: "x", dnsNames: ["edge-7"], usages: ["clientAuth"] }),
    );
    expectFailure(await tlsFailure(server), "ServerCertificateUsageInvalid", "is not meant for servers");
  });

  it.each([
    ["a key shorter than any that Go takes", { rsaBits: 768 }, {}],
    ["a CA with such a key", {}, { rsaBits: 768 }],
    ["a signature with SHA-1", {}, { rsaBits: 2048, hash: "SHA-1" }],
    ["an ECDSA signature with SHA-1", {}, { rsaBits: undefined, hash: "SHA-1" }],
  ] as const)("that is too weak: %s", async (_name, leafOptions, caOptions) => {
    const ca = await makeOddCertificate({ commonName: "weak CA", ca: true, rsaBits: 2048, ...caOptions });
    const leaf = await makeOddCertificate({
      commonName: "edge-7",
      dnsNames: ["edge-7"],
      rsaBits: 2048,
      issuer: ca,
      ...leafOptions,
    });
    const server = await tlsServer(leaf, { ciphers: "DEFAULT@SECLEVEL=0" });
    expectFailure(await tlsFailure(server, { ca: [ca.certPem] }), "ServerCertificateTooWeak", "is too weak");
  });
});

describe("a chain", () => {
  async function failureBelow(ca: Partial<OddOptions>, leaf: Partial<OddOptions> = {}): Promise<Failure> {
    const authority = await makeOddCertificate({ commonName: "CA", ca: true, ...ca });
    const options = { commonName: "edge-7", dnsNames: ["edge-7"], issuer: authority, ...leaf };
    const server = await tlsServer(await makeOddCertificate(options));
    return await tlsFailure(server, { ca: [authority.certPem] });
  }

  it.each([
    ["may not issue for servers", { usages: ["1.3.6.1.5.5.7.3.2"] }],
    ["is none", { ca: false }],
  ])("whose CA %s", async (_name, ca) => {
    const failure = await failureBelow(ca);
    expectFailure(
      failure,
      "ServerCertificateUsageInvalid",
      _name === "is none" ? "is not a CA" : "is not meant for servers",
    );
  });

  it("whose CA may not sign certificates", async () => {
    // Only cRLSign is set.
    const failure = await failureBelow({ keyUsage: 0x2 });
    expectFailure(
      failure,
      "ServerCertificateUsageInvalid",
      'the CA "CN=CA" of the server\'s certificate may not issue certificates',
    );
  });

  it("whose CA may not issue for the name", async () => {
    // Permitted: DNS names below `other`.
    const value = Buffer.from("300ba009300782056f74686572", "hex");
    const failure = await failureBelow({ extensions: [{ oid: "2.5.29.30", critical: true, value }] });
    expectFailure(
      failure,
      "ServerCertificateNotPermitted",
      "name constraints of a CA do not allow edge-7 in the server's",
    );
  });

  it("with something critical that is not known", async () => {
    const extensions = [{ oid: "1.2.3.4.5", critical: true, value: Buffer.from("0500", "hex") }];
    expectFailure(await failureBelow({}, { extensions }), "ServerCertificateMalformed", "extension that is not known");
  });

  it("with a key that Docker does not take", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    const odd = await makeOddCertificate({
      commonName: "odd",
      publicKey: publicKey.export({ type: "spki", format: "der" }),
    });
    const server = await tlsServer({ certPem: identity.certPem + odd.certPem, keyPem: identity.keyPem });
    expectFailure(await tlsFailure(server), "ServerCertificateMalformed", "Docker cannot use the server's certificate");
  });
});

describe("a client certificate", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)("that is missing fails the handshake over %s", async (version) => {
    const server = await tlsServer(identity, {
      ca: authority.certPem,
      requestCert: true,
      minVersion: version,
      maxVersion: version,
    });
    const failure = await tlsFailure(server);
    // OpenSSL's alert 40 over TLS 1.2 may mean anything; Go's servers send 42 or 116.
    if (version === "TLSv1.2") expectFailure(failure, "TLSHandshakeFailed", "alert 40");
    else expectFailure(failure, "ClientCertificateRequired", "spec.tls.certSecretRef");
  });

  it("that is too weak is refused before it is sent", async () => {
    const server = await tlsServer(identity);
    const weak = await makeOddCertificate({ commonName: "operator", rsaBits: 512 });
    expectFailure(await tlsFailure(server, clientCredentials(weak)), "ClientCertificateTooWeak", "at least 2048 bits");
  });

  it.each([
    [40, false, "TLSHandshakeFailed", "alert 40"],
    [42, false, "ClientCertificateRequired", "spec.tls.certSecretRef"],
    [42, true, "ClientCertificateRejected", "rejected the client certificate"],
    [43, true, "ClientCertificateRejected", "rejected the client certificate"],
    [44, true, "ClientCertificateRejected", "rejected the client certificate"],
    [45, true, "ClientCertificateExpired", "not valid at this time"],
    [46, true, "ClientCertificateRejected", "rejected the client certificate"],
    [48, true, "ClientCertificateUntrusted", "does not know the CA"],
    [70, true, "TLSVersionUnsupported", "does not offer TLS 1.2"],
    [80, true, "TLSHandshakeFailed", "alert 80"],
    [49, true, "ClientCertificateRejected", "rejected the client certificate"],
    [51, true, "TLSHandshakeFailed", "could not verify a signature of this client"],
    [71, true, "TLSHandshakeFailed", "demands stronger cipher suites"],
    [120, false, "TLSHandshakeFailed", "does not speak HTTP/1.1"],
    [99, false, "TLSHandshakeFailed", "ended the TLS handshake with alert 99"],
    [116, false, "ClientCertificateRequired", "spec.tls.certSecretRef"],
    [116, true, "ClientCertificateRejected", "rejected the client certificate"],
  ] as const)("gets alert %i (certificate shown: %s): %s", async (alert, shown, reason, words) => {
    const record = Buffer.from([21, 3, 3, 0, 2, 2, alert]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(record)));
    const client = await authority.issue({ commonName: "operator" });
    expectFailure(await tlsFailure(server, shown ? clientCredentials(client) : {}), reason, words);
  });
});

const USE_NAME = "Set spec.tls.serverName to a name for which the server has a certificate.";
const NAME_OR_LOG =
  "If the server has a certificate for a name only, set spec.tls.serverName to that name; otherwise, check the daemon's log.";

describe("a server that was dialled by its address", () => {
  it.each([
    [40, "TLSHandshakeFailed", "alert 40", NAME_OR_LOG],
    [80, "TLSHandshakeFailed", "alert 80", NAME_OR_LOG],
    [112, "ServerNameMismatch", "no certificate for an address (TLS alert 112)", USE_NAME],
  ] as const)("may have missed a name where it sends alert %i", async (alert, reason, words, next) => {
    const record = Buffer.from([21, 3, 3, 0, 2, 2, alert]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(record)));
    expectFailure(await tlsFailure(server, {}, "127.0.0.1"), reason, words, next);
  });

  it("but a server that was sent a name has no certificate for that name", async () => {
    const record = Buffer.from([21, 3, 3, 0, 2, 2, 112]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(record)));
    expectFailure(await tlsFailure(server), "ServerNameMismatch", "no certificate for the name edge-7", USE_NAME);
  });
});

describe("a server that speaks something else", () => {
  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"],
    ["nothing that is known", Buffer.alloc(64)],
  ])("is distinguished from TLS: %s", async (_name, greeting) => {
    const server = await rawServer((socket) => socket.once("data", () => socket.end(greeting)));
    expectFailure(await tlsFailure(server), "ServerNotTLS", "does not speak TLS on this port");
  });

  it("and an old version of TLS is reported as such", async () => {
    const server = await tlsServer(identity, {
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    expectFailure(await tlsFailure(server), "TLSVersionUnsupported", "TLS 1.2 or newer");
  });

  it("and a broken handshake is reported in OpenSSL's words, without what changes with each run", async () => {
    const hello = Buffer.from([22, 3, 3, 0, 5, 2, 0, 0, 1, 9]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(hello)));
    const failure = await tlsFailure(server);
    expectFailure(failure, "TLSHandshakeFailed", "the TLS handshake failed (length mismatch). Check the daemon's log");
  });

  it("and a server that closes or resets in the handshake is reported as such", async () => {
    const resetting = await rawServer((socket) => socket.resetAndDestroy());
    expectFailure(await tlsFailure(resetting), "ConnectionReset", "connection was c");
    const closing = await rawServer((socket) => socket.end());
    expectFailure(await tlsFailure(closing), "ConnectionReset", "connection was c");
  });
});
