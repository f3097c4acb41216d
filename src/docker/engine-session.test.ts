import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startSimDaemon } from "../../test/sim/daemon.ts";
import type { AnswerFault } from "../../test/sim/faults.ts";
import { openSession, RUNNING, startTlsDaemon, tlsTarget } from "../../test/support/engine-sessions.ts";
import { eventually } from "../../test/support/eventually.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { systemClock } from "../common/clock.ts";
import { startDeadline } from "../common/deadline.ts";
import { openGuard } from "../common/dial-guard.ts";
import { replyBudget } from "../docker/exchange.ts";
import { EngineSession } from "./engine-session.ts";

describe("EngineSession.connect", () => {
  it("pings, asks for the version and agrees on one, over a single connection", async () => {
    const daemon = await startTlsDaemon({ engine: { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24" } });
    const session = openSession(tlsTarget(daemon));
    expect(await session.connect(undefined)).toEqual({
      ok: true,
      value: {
        name: "Docker",
        version: "28.5.2",
        apiVersion: "1.51",
        minAPIVersion: "1.24",
        os: "linux",
        arch: "amd64",
      },
    });
    expect(daemon.counters).toMatchObject({ connections: 1, handshakes: 1 });
    expect(daemon.counters.byRoute()).toEqual({ "GET /_ping": 1, "GET /version": 1 });
  });

  it("takes a pinned version, and refuses one that the daemon does not serve", async () => {
    const daemon = await startTlsDaemon({ engine: { apiVersion: "1.45", minAPIVersion: "1.24" } });
    const session = openSession(tlsTarget(daemon));
    expect(await session.connect("1.43")).toMatchObject({ ok: true, value: { apiVersion: "1.43" } });
    expect(await session.connect("1.46")).toMatchObject({ ok: false, failure: { reason: "APIVersionUnsupported" } });
  });

  it("speaks to a local socket, and in plaintext if that is asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "session-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const socketPath = join(folder, "docker.sock");
    const local = await startSimDaemon({ socketPath });
    onTestFinished(() => local.close());
    const overSocket = openSession({
      endpoint: { kind: "unix", path: socketPath },
      guard: openGuard(),
      replies: replyBudget(systemClock),
    });
    expect(await overSocket.connect(undefined)).toMatchObject({ ok: true });

    const plain = await startSimDaemon();
    onTestFinished(() => plain.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: plain.port, pathPrefix: "" } as const;
    expect(
      await openSession({ endpoint, guard: openGuard(), replies: replyBudget(systemClock) }).connect(undefined),
    ).toMatchObject({ ok: true });
  });

  it("reports the server's certificate, and shows its own", async () => {
    const session = openSession(tlsTarget(await startTlsDaemon()));
    expect(session.peerChain()).toBeUndefined();
    await session.connect(undefined);
    expect(session.peerChain()?.leaf.subject).toBe("CN=edge-7");
    expect(session.peerChain()?.authority?.subject).toBe("CN=fleet CA");
  });

  it.each([
    ["before", [0, 1]],
    ["after", [1, 0]],
  ])("finds the right one of two CAs of the same name, the wrong one %s it", async (_name, order) => {
    const [wrong, right] = await Promise.all([0, 1].map(() => makeOddCertificate({ commonName: "CA", ca: true })));
    if (wrong === undefined || right === undefined) throw new Error("a CA is missing");
    const { certPem, keyPem } = await makeOddCertificate({
      commonName: "edge-7",
      ipAddresses: ["127.0.0.1"],
      issuer: right,
    });
    const daemon = await startTlsDaemon({ tls: { cert: certPem, key: keyPem } });
    const to = tlsTarget(daemon);
    const trusting = (ca: readonly string[]) => {
      const tls = { verify: true, credentials: { ca }, roots: () => [], now: Date.now() };
      return openSession({ ...to, tls });
    };
    const bundle = order.map((index) => [wrong, right][index]?.certPem ?? "");
    expect(await trusting(bundle).connect(undefined)).toMatchObject({ ok: true });
    // An update check starts with the list, with the version that was agreed on before.
    expect(await trusting(bundle).listContainers("1.44", RUNNING)).toMatchObject({ ok: true });
    const untrusted = { failure: { reason: "ServerCertificateUntrusted" } };
    expect(await trusting([wrong.certPem]).connect(undefined)).toMatchObject(untrusted);
  });

  it("says that the daemon wants TLS when it was spoken to in plaintext", async () => {
    const daemon = await startTlsDaemon();
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: daemon.port, pathPrefix: "" } as const;
    expect(
      await openSession({ endpoint, guard: openGuard(), replies: replyBudget(systemClock) }).connect(undefined),
    ).toMatchObject({
      ok: false,
      failure: { reason: "ServerRequiresTLS" },
    });
  });

  const page: AnswerFault = { kind: "status", status: 200, body: "<html>It works!</html>" };
  const docker = { "Api-Version": "1.44" };
  it.each<[string, AnswerFault, string]>([
    ["a page with status 200", page, "NotADockerEndpoint"],
    ["a status 200 without Api-Version", { kind: "status", status: 200, body: "OK" }, "NotADockerEndpoint"],
    ["a version that is none", { ...page, headers: { "Api-Version": "latest" } }, "NotADockerEndpoint"],
    [
      "a redirect",
      { kind: "status", status: 302, headers: { Location: "https://127.0.0.1:1/" } },
      "NotADockerEndpoint",
    ],
    ["a gateway's error", { kind: "status", status: 502 }, "ConnectionFailed"],
    ["a denial of the daemon", { kind: "status", status: 403, headers: docker }, "AuthorizationDenied"],
    ["a denial of a proxy", { kind: "status", status: 403, body: "<html>" }, "PermissionDenied"],
    ["an error of the daemon", { kind: "status", status: 500, headers: docker }, "DaemonError"],
    ["a page for the version", { ...page, headers: docker, path: "/version" }, "InvalidResponse"],
    [
      "a version without its fields",
      { kind: "status", status: 200, headers: docker, body: "{}", path: "/version" },
      "InvalidResponse",
    ],
    ["a body that is cut", { kind: "cut-body", path: "/version" }, "ConnectionReset"],
  ])("fails on %s", async (_name, fault, reason) => {
    const daemon = await startTlsDaemon();
    await daemon.setFaults(fault);
    const connected = await openSession(tlsTarget(daemon)).connect(undefined);
    expect(connected).toMatchObject({ ok: false, failure: { reason } });
  });

  it.each([
    ["silent in the handshake", { kind: "silent" }, 0, "the TLS handshake did not end within 30s"],
    ["silent to the ping", { kind: "hang" }, 1, "accepted the connection but did not answer within 30s"],
    ["stalled in an answer", { kind: "stall-body", path: "/version" }, 2, "did not answer within 30s"],
  ] as const)("ends with its deadline when the daemon is %s", async (_name, fault, requests, words) => {
    const daemon = await startTlsDaemon();
    await daemon.setFaults(fault);
    const clock = new FakeClock();
    using deadline = startDeadline(new AbortController().signal, "connecting", 30_000, clock);
    const connecting = openSession(tlsTarget(daemon), deadline.signal).connect(undefined);
    await eventually(() => {
      expect(daemon.counters.connections).toBe(1);
      expect(daemon.counters.requests()).toBe(requests);
    });
    await clock.advance(30_000);
    expect(await connecting).toMatchObject({
      ok: false,
      failure: { reason: "ConnectionTimedOut", message: expect.stringContaining(words) },
    });
  });

  it("leaves no connection behind, however it ended", async () => {
    const raw = await startRawServer((socket) => socket.resume());
    onTestFinished(() => raw.close());
    const controller = new AbortController();
    const session = openSession(tlsTarget(raw), controller.signal);
    const connecting = session.connect(undefined);
    await eventually(() => expect(raw.open).toBe(1));
    controller.abort();
    await connecting;
    await eventually(() => expect(raw.open).toBe(0));

    const kept = await startRawServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\n{}")),
    );
    onTestFinished(() => kept.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: kept.port, pathPrefix: "" } as const;
    {
      using healthy = new EngineSession(
        { endpoint, guard: openGuard(), replies: replyBudget(systemClock) },
        new AbortController().signal,
      );
      await healthy.connect(undefined);
      expect(kept.open).toBe(1);
    }
    await eventually(() => expect(kept.open).toBe(0));
  });
});

describe("a daemon that redirects", () => {
  it.each([
    ["/_ping", 301],
    ["/_ping", 302],
    ["/_ping", 307],
    ["/version", 302],
    ["/version", 308],
  ])("at %s with a %i is not followed", async (path, status) => {
    const elsewhere = await startRawServer((socket) => socket.destroy());
    onTestFinished(() => elsewhere.close());
    const location = `http://127.0.0.1:${elsewhere.port}${path}`;
    for (const headers of [{ Location: location }, { Location: location, "Api-Version": "1.44" }]) {
      const daemon = await startSimDaemon();
      onTestFinished(() => daemon.close());
      await daemon.setFaults({ kind: "status", status, path, headers });
      const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: daemon.port, pathPrefix: "" } as const;
      const answer = await openSession({ endpoint, guard: openGuard(), replies: replyBudget(systemClock) }).connect(
        undefined,
      );
      expect(answer).toMatchObject({ ok: false, failure: { reason: "NotADockerEndpoint" } });
      expect(daemon.counters.byRoute()[`GET ${path}`]).toBe(1);
    }
    expect(elsewhere.accepted).toBe(0);
  });
});
