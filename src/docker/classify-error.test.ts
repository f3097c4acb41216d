import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import type { LookupFunction, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { expectFailure, failureAt, loopbackLookup } from "../../test/support/connection-failure.ts";
import { type RawServer, startRawServer } from "../../test/support/raw-server.ts";
import type { Failure } from "../api/failure.ts";
import { reasonEntry, reasons } from "../api/reasons.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { createDialGuard, DialDenied, openGuard } from "../common/dial-guard.ts";
import type { IpNetwork } from "../common/ip-network.ts";
import { classifyError } from "./classify-error.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectionPhase } from "./engine-agent.ts";
import { EngineError } from "./fleet-modem.ts";

const ENDPOINT = "https://edge-7:2376";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function rawServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const started = await startRawServer(onConnection);
  cleanups.push(() => started.close());
  return started;
}

function plainFailure({ port }: RawServer): Promise<Failure> {
  return failureAt({ kind: "tcp", scheme: "tcp", host: "127.0.0.1", port, pathPrefix: "" });
}

describe("a network that fails", () => {
  it("refuses the connection", async () => {
    const server = await startRawServer(() => {});
    await server.close();
    expectFailure(await plainFailure(server), "ConnectionRefused", "the connection was refused");
  });

  it("does not know the name", async () => {
    const endpoint: Endpoint = { kind: "tcp", scheme: "tcp", host: "edge-7.test", port: 2375, pathPrefix: "" };
    const fails =
      (code: string): LookupFunction =>
      (name, _options, callback) =>
        callback(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }), []);
    expectFailure(
      await failureAt(endpoint, undefined, openGuard(fails("ENOTFOUND"))),
      "NameResolutionFailed",
      "the name cannot be resolved",
    );
    expectFailure(
      await failureAt(endpoint, undefined, openGuard(fails("EAI_AGAIN"))),
      "NameResolutionFailed",
      "DNS did not answer",
    );
  });

  it("cuts the connection in the middle of the answer", async () => {
    const cutting = await rawServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
    );
    expectFailure(await plainFailure(cutting), "ConnectionReset", "closed in the middle of the answer");
  });

  it("leads to another service", async () => {
    const server = await rawServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
    expectFailure(await plainFailure(server), "NotADockerEndpoint", "not a Docker daemon");
  });

  it("leads to an address that must not be dialled, which is reported before any packet", async () => {
    const server = await rawServer(() => {});
    const endpoint = { kind: "tcp", scheme: "tcp", port: server.port, pathPrefix: "" } as const;
    const denied: IpNetwork = { family: 4, value: 0x7f000000n, length: 8 };
    const guard = createDialGuard({ denied: [denied], allowed: [], loopback: true, resolve: loopbackLookup });
    for (const host of ["127.0.0.1", "edge-7.test"]) {
      const words = "connections to 127.0.0.1 are not allowed (127.0.0.0/8 is denied)";
      expectFailure(await failureAt({ ...endpoint, host }, undefined, guard), "EndpointDenied", words);
    }
    expect(server.accepted).toBe(0);
  });

  it("describes the failures of a name's addresses with the one that answered", () => {
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
    expectFailure(await socketFailure("docker.sock"), "SocketNotFound", "the socket does not exist");
    expectFailure(await socketFailure("file/docker.sock"), "SocketNotFound", "the socket does not exist");
  });

  it("has nobody who listens", async () => {
    expectFailure(await socketFailure("file"), "ConnectionRefused", "the connection was refused");
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
    expectFailure(classify(coded(code)), reason, "failed: ");
  });

  it("recognizes a socket that the program has no permission to open", () => {
    expectFailure(
      classify(coded("EACCES"), "unix:///var/run/docker.sock"),
      "SocketPermissionDenied",
      "the socket may not be opened",
    );
  });

  it.each([
    ["dial", "no answer to the connection within 30s."],
    ["handshake", "the TLS handshake did not end within 30s."],
    ["exchange", "accepted the connection but did not answer within 30s."],
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
    [new Error("x".repeat(5_000)), `${"x".repeat(199)}…`],
  ])("keeps the words of what is unknown, on one line and short", (error, words) => {
    expect(classify(error)).toMatchObject({
      reason: "ConnectionFailed",
      message: `Connecting to ${ENDPOINT} failed: ${words}. ${reasonEntry("ConnectionFailed").fix}`,
      ...(error !== undefined && { cause: error }),
    });
  });

  const texts = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.lorem({ maxCount: 40 }));
  const codes = fc.constantFrom(
    "ECONNRESET",
    "EPROTO",
    "ENOENT",
    "HPE_INVALID",
    "ERR_SSL_X",
    "CERT_HAS_EXPIRED",
    "ESTRANGE",
  );
  const replies = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    headers: fc.constantFrom<IncomingHttpHeaders>({}, { "api-version": "1.44" }),
    body: fc.oneof(
      texts.map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
      texts.map((message) => Buffer.from(JSON.stringify({ message }))),
    ),
  });
  const single = fc.oneof(
    fc.anything({ withNullPrototype: true }),
    texts.map((text) => new Error(text)),
    fc
      .tuple(texts, fc.oneof(codes, texts, fc.integer()))
      .map(([text, code]) => Object.assign(new Error(text), { code })),
    replies.map((reply) => new EngineError("/_ping", reply)),
    texts.map((address) => new DialDenied(address, "0.0.0.0/0")),
  );
  const anyError = fc.oneof(
    single,
    fc.array(single, { maxLength: 4 }).map((errors) => new AggregateError(errors)),
  );

  it.each(["constructor", "toString", "__proto__"])("takes the code %s for none that it knows", (code) => {
    const error = Object.assign(new Error("odd"), { code });
    const { reason } = classifyError(error, { endpoint: ENDPOINT, phase: "dial", clientCertificate: false });
    expect(reason).toBe("ConnectionFailed");
  });

  it("gives any error a reason of the table, and one short line", () => {
    const phases = fc.constantFrom<ConnectionPhase>("dial", "handshake", "exchange");
    fc.assert(
      fc.property(anyError, phases, fc.boolean(), (error, phase, clientCertificate) => {
        const { reason, message } = classifyError(error, { endpoint: ENDPOINT, phase, clientCertificate });
        expect(Object.keys(reasons)).toContain(reason);
        // The table's next step, or a better one.
        expect(message).toMatch(/\. [A-Z`].*\.$/);
        expect(message).toMatch(/^(Connecting|The request) to [^\p{Cc}]{1,900}$/u);
      }),
      { numRuns: 1_000 },
    );
  });
});
