import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { LookupFunction, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority, type KeyPair } from "../../test/support/pki.ts";
import { type RawServer, startRawServer, startRawTlsServer } from "../../test/support/raw-server.ts";
import type { Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { classifyError } from "./classify.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { createEngineAgent, type TlsSettings } from "./engine-agent.ts";
import { exchange } from "./exchange.ts";
import type { TlsCredentials } from "./preflight.ts";

const ENDPOINT = "https://edge-7:2376";
const PAST = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") };
const FUTURE = { notBefore: new Date("2090-01-01T00:00:00Z"), notAfter: new Date("2091-01-01T00:00:00Z") };

const authority = await createAuthority({ commonName: "fleet CA" });
const identity = await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], usages: ["serverAuth"] });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const lookup: LookupFunction = (_hostname, options, callback) => {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/** One real request that fails, and what the classifier says of it. */
async function failureAt(endpoint: Endpoint, tls?: TlsSettings, resolve?: LookupFunction): Promise<Failure> {
  const agent = createEngineAgent(endpoint, tls, resolve);
  try {
    const signal = new AbortController().signal;
    const { status } = await exchange({ endpoint, agent: agent.agent, path: "/_ping", signal });
    throw new Error(`no failure, but ${status}`);
  } catch (error) {
    return classifyError(error, {
      endpoint: formatEndpoint(endpoint),
      phase: agent.phase(),
      clientCertificate: tls?.credentials.client !== undefined,
    });
  } finally {
    agent.agent.destroy();
  }
}

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

/** What a verifying client says of a server, which it looks for under the name edge-7. */
function tlsFailure({ port }: RawServer, credentials: TlsCredentials = {}, host = "edge-7"): Promise<Failure> {
  const endpoint: Endpoint = { kind: "tcp", scheme: "https", host, port, pathPrefix: "" };
  const tls = { verify: true, credentials: { ca: [authority.certPem], ...credentials }, roots: () => [] };
  return failureAt(endpoint, tls, lookup);
}

function plainFailure({ port }: RawServer): Promise<Failure> {
  return failureAt({ kind: "tcp", scheme: "tcp", host: "127.0.0.1", port, pathPrefix: "" });
}

function clientCredentials({ certPem, keyPem }: KeyPair): TlsCredentials {
  const facts = { subject: "", issuer: "", notBefore: "", notAfter: "", fingerprint: "" };
  return { client: { cert: certPem, key: keyPem, facts } };
}

/** Every message says where, what, and what can be done. */
function expectFailure(failure: Failure, reason: Reason, words: string): void {
  expect({ reason: failure.reason, message: failure.message }).toEqual({
    reason,
    message: expect.stringContaining(words),
  });
  expect(failure.message).toMatch(/^(Connecting|The request) to (https|tcp|unix):\/\/.+ failed: [^;]+; .+/);
  expect(failure.message).not.toMatch(/[\n\r]|error:[0-9A-F]{8}/);
}

describe("a server certificate", () => {
  it("of another CA is untrusted", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await tlsServer(identity);
    expectFailure(
      await tlsFailure(server, { ca: [other.certPem] }),
      "ServerCertificateUntrusted",
      "not issued by a CA",
    );
  });

  it("is untrusted when the server sends its unknown root along", async () => {
    const other = await createAuthority({ commonName: "other CA" });
    const server = await tlsServer({ certPem: identity.certPem + authority.certPem, keyPem: identity.keyPem });
    expectFailure(await tlsFailure(server, { ca: [other.certPem] }), "ServerCertificateUntrusted", "store the CA");
  });

  it("is untrusted without the intermediate between", async () => {
    const root = await makeOddCertificate({ commonName: "root", ca: true });
    const intermediate = await makeOddCertificate({ commonName: "intermediate", ca: true, issuer: root });
    const server = await tlsServer(
      await makeOddCertificate({ commonName: "x", dnsNames: ["edge-7"], issuer: intermediate }),
    );
    expectFailure(await tlsFailure(server, { ca: [root.certPem] }), "ServerCertificateUntrusted", "store the CA");
  });

  it("that is self-signed is told as such", async () => {
    const server = await tlsServer(await makeOddCertificate({ commonName: "edge-7", dnsNames: ["edge-7"] }));
    expectFailure(await tlsFailure(server), "ServerCertificateSelfSigned", "store it as the CA");
  });

  it("that has expired, or whose CA has", async () => {
    const leaf = await tlsServer(await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], ...PAST }));
    expectFailure(await tlsFailure(leaf), "ServerCertificateExpired", "renew it and restart dockerd");
    const old = await createAuthority({ commonName: "old CA", ...PAST });
    const server = await tlsServer(await old.issue({ commonName: "edge-7", dnsNames: ["edge-7"] }));
    expectFailure(await tlsFailure(server, { ca: [old.certPem] }), "ServerCertificateExpired", "or its CA has expired");
  });

  it("that is not valid yet", async () => {
    const server = await tlsServer(await authority.issue({ commonName: "edge-7", dnsNames: ["edge-7"], ...FUTURE }));
    expectFailure(await tlsFailure(server), "ServerCertificateNotYetValid", "check the clocks");
  });

  it("for other names lists them", async () => {
    const server = await tlsServer(
      await authority.issue({ commonName: "x", dnsNames: ["edge-8"], ipAddresses: ["10.0.0.8"] }),
    );
    expectFailure(
      await tlsFailure(server),
      "ServerNameMismatch",
      "is for DNS:edge-8, IP Address:10.0.0.8; use one of these",
    );
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

  it("that is for clients alone", async () => {
    const server = await tlsServer(
      await authority.issue({ commonName: "x", dnsNames: ["edge-7"], usages: ["clientAuth"] }),
    );
    expectFailure(await tlsFailure(server), "ServerCertificateUsageInvalid", "issue it with server authentication");
  });

  it.each([
    ["a short key", { rsaBits: 1024 }, {}],
    ["a CA with a short key", {}, { rsaBits: 1024 }],
    ["a signature with SHA-1", {}, { rsaBits: 2048, hash: "SHA-1" }],
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
    const weak = await makeOddCertificate({ commonName: "operator", rsaBits: 1024 });
    expectFailure(await tlsFailure(server, clientCredentials(weak)), "ClientCertificateTooWeak", "at least 2048 bits");
  });

  it.each([
    [40, false, "TLSHandshakeFailed", "alert 40"],
    [42, false, "ClientCertificateRequired", "spec.tls.certSecretRef"],
    [42, true, "ClientCertificateRejected", "for client authentication"],
    [43, true, "ClientCertificateRejected", "for client authentication"],
    [44, true, "ClientCertificateRejected", "for client authentication"],
    [45, true, "ClientCertificateExpired", "renew it"],
    [46, true, "ClientCertificateRejected", "for client authentication"],
    [48, true, "ClientCertificateUntrusted", "--tlscacert"],
    [70, true, "TLSVersionUnsupported", "update Docker"],
    [80, true, "TLSHandshakeFailed", "alert 80"],
    [112, false, "TLSHandshakeFailed", "alert 112"],
    [116, false, "ClientCertificateRequired", "spec.tls.certSecretRef"],
    [116, true, "ClientCertificateRejected", "for client authentication"],
  ] as const)("gets alert %i (certificate shown: %s): %s", async (alert, shown, reason, words) => {
    const record = Buffer.from([21, 3, 3, 0, 2, 2, alert]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(record)));
    const client = await authority.issue({ commonName: "operator" });
    expectFailure(await tlsFailure(server, shown ? clientCredentials(client) : {}), reason, words);
  });
});

describe("a server that speaks something else", () => {
  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"],
    ["nothing that is known", Buffer.alloc(64)],
  ])("is told from TLS: %s", async (_name, greeting) => {
    const server = await rawServer((socket) => socket.once("data", () => socket.end(greeting)));
    expectFailure(await tlsFailure(server), "ServerNotTLS", "does not speak TLS on this port");
  });

  it("is told from HTTP", async () => {
    const server = await rawServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
    expectFailure(await plainFailure(server), "NotADockerEndpoint", "no Docker daemon");
  });

  it("and TLS of old is told as that", async () => {
    const server = await tlsServer(identity, {
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    expectFailure(await tlsFailure(server), "TLSVersionUnsupported", "TLS 1.2 or newer");
  });

  it("and a broken handshake is told in OpenSSL's words, without what changes with each run", async () => {
    const hello = Buffer.from([22, 3, 3, 0, 5, 2, 0, 0, 1, 9]);
    const server = await rawServer((socket) => socket.once("data", () => socket.end(hello)));
    const failure = await tlsFailure(server);
    expectFailure(
      failure,
      "TLSHandshakeFailed",
      "the TLS handshake failed (length mismatch); look at the daemon's log",
    );
  });
});

describe("a network that fails", () => {
  it("refuses the connection", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    expectFailure(await plainFailure(server), "ConnectionRefused", "start Docker there");
  });

  it("does not know the name", async () => {
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "edge-7.test", port: 2375, pathPrefix: "" };
    const fails =
      (code: string): LookupFunction =>
      (name, _options, callback) =>
        callback(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }), []);
    expectFailure(await failureAt(endpoint, undefined, fails("ENOTFOUND")), "NameResolutionFailed", "check spec.host");
    expectFailure(
      await failureAt(endpoint, undefined, fails("EAI_AGAIN")),
      "NameResolutionFailed",
      "the cluster's DNS",
    );
  });

  it("cuts the connection before, in or after the handshake", async () => {
    const refusing = await rawServer((socket) => socket.resetAndDestroy());
    expectFailure(await tlsFailure(refusing), "ConnectionReset", "look at the daemon's log");
    const closing = await rawServer((socket) => socket.end());
    expectFailure(await tlsFailure(closing), "ConnectionReset", "look at the daemon's log");
    const cutting = await rawServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
    );
    expectFailure(await plainFailure(cutting), "ConnectionReset", "closed in the middle of the answer");
  });

  it("tells of each address of a name by the one that answered", () => {
    const at = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
    const failure = classifyError(new AggregateError([at("ENETUNREACH"), at("ECONNREFUSED")], ""), {
      endpoint: ENDPOINT,
      phase: "dial",
      clientCertificate: false,
    });
    expectFailure(failure, "ConnectionRefused", "the connection was refused");
  });
});

describe("a local socket that fails", () => {
  async function socketFailure(name: string): Promise<Failure> {
    const folder = await mkdtemp(join(tmpdir(), "classify-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "file"), "");
    return await failureAt({ kind: "unix", path: join(folder, name) });
  }

  it("does not exist", async () => {
    expectFailure(await socketFailure("docker.sock"), "SocketNotFound", "start Docker or correct the path");
    expectFailure(await socketFailure("file/docker.sock"), "SocketNotFound", "start Docker or correct the path");
  });

  it("has nobody who listens", async () => {
    expectFailure(await socketFailure("file"), "ConnectionRefused", "start Docker there");
  });
});

describe("classifyError of what cannot be provoked here", () => {
  const classify = (error: unknown, endpoint = ENDPOINT) =>
    classifyError(error, { endpoint, phase: "exchange", clientCertificate: false });
  const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

  it.each([
    ["ETIMEDOUT", "ConnectionTimedOut"],
    ["EHOSTUNREACH", "HostUnreachable"],
    ["ENETUNREACH", "HostUnreachable"],
    ["EHOSTDOWN", "HostUnreachable"],
    ["ENETDOWN", "HostUnreachable"],
    ["EPERM", "HostUnreachable"],
    ["EACCES", "HostUnreachable"],
    ["EAI_FAIL", "NameResolutionFailed"],
    ["ECONNABORTED", "ConnectionReset"],
    ["EPIPE", "ConnectionReset"],
    ["HPE_HEADER_OVERFLOW", "NotADockerEndpoint"],
    ["ERR_SSL_CA_MD_TOO_WEAK", "ClientCertificateTooWeak"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ServerCertificateUntrusted"],
    ["UNABLE_TO_GET_ISSUER_CERT", "ServerCertificateUntrusted"],
  ] as const)("takes %s for %s", (code, reason) => {
    expectFailure(classify(coded(code)), reason, ";");
  });

  it("takes a socket that may not be opened for that", () => {
    expectFailure(classify(coded("EACCES"), "unix:///var/run/docker.sock"), "SocketPermissionDenied", "a user who may");
  });

  it.each([
    ["dial", "no answer to the connection within 30s; check the host"],
    ["handshake", "the TLS handshake did not end within 30s; look at"],
    ["exchange", "accepted the connection but did not answer within 30s; look at"],
  ] as const)("says how far a connection came that took too long: %s", (phase, words) => {
    const failure = classifyError(new DeadlineExceeded("connecting", 30_000), {
      endpoint: ENDPOINT,
      phase,
      clientCertificate: false,
    });
    expectFailure(failure, "ConnectionTimedOut", words);
  });

  it.each([
    [coded("ESTRANGE", "something\nstrange"), "ESTRANGE something strange"],
    [new Error("no code"), "no code"],
    ["a text", "a text"],
    [undefined, "undefined"],
    [new AggregateError([], "none"), "none"],
    [new Error("x".repeat(5_000)), "x".repeat(200)],
  ])("keeps the words of what is unknown, on one line and short", (error, words) => {
    expect(classify(error)).toEqual({
      reason: "ConnectionFailed",
      message: `Connecting to ${ENDPOINT} failed: ${words}`,
      cause: error,
    });
  });
});
