import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { LookupFunction, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { expectFailure, failureAt } from "../../test/support/connection-failure.ts";
import { type RawServer, startRawServer } from "../../test/support/raw-server.ts";
import type { Failure } from "../api/failure.ts";
import { reasonEntry } from "../api/reasons.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { classifyError } from "./classify.ts";
import type { Endpoint } from "./endpoint.ts";

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
      await failureAt(endpoint, undefined, fails("ENOTFOUND")),
      "NameResolutionFailed",
      "the name has no address",
    );
    expectFailure(
      await failureAt(endpoint, undefined, fails("EAI_AGAIN")),
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
    expectFailure(await plainFailure(server), "NotADockerEndpoint", "no Docker daemon");
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

  it("takes a socket that may not be opened for that", () => {
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
    expect(classify(error)).toEqual({
      reason: "ConnectionFailed",
      message: `Connecting to ${ENDPOINT} failed: ${words}. ${reasonEntry("ConnectionFailed").fix}`,
      cause: error,
    });
  });
});
