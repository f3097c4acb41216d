import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "../../test/sim/daemon.ts";
import type { AnswerFault } from "../../test/sim/faults.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { makeOddCertificate } from "../../test/support/odd-certificates.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { startDeadline } from "../common/deadline.ts";
import { openGuard } from "../common/dial-guard.ts";
import { EngineSession, type EngineTarget } from "./engine-session.ts";
import { preflight } from "./preflight.ts";

const authority = await createAuthority({ commonName: "fleet CA" });
const server = await authority.issue({ commonName: "edge-7", ipAddresses: ["127.0.0.1"], usages: ["serverAuth"] });
const client = await authority.issue({ commonName: "operator", usages: ["clientAuth"] });

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A daemon over mutual TLS. */
async function startDaemon(options: SimDaemonOptions = {}): Promise<SimDaemon> {
  const tls = { cert: server.certPem, key: server.keyPem, clientCa: authority.certPem };
  const daemon = await startSimDaemon({ tls, ...options });
  cleanups.push(() => daemon.close());
  return daemon;
}

function target({ port }: { readonly port: number }): EngineTarget {
  const credentials = preflight(
    {
      ca: { label: "ca", pem: authority.certPem },
      cert: { label: "cert", pem: client.certPem },
      key: { label: "key", pem: client.keyPem },
    },
    Date.now(),
  );
  if (!credentials.ok) throw new Error(credentials.failure.message);
  return {
    endpoint: { kind: "tcp", scheme: "https", host: "127.0.0.1", port, pathPrefix: "" },
    tls: { verify: true, credentials: credentials.value, roots: () => [] },
    guard: openGuard(),
  };
}

function openSession(to: EngineTarget, signal = new AbortController().signal): EngineSession {
  const session = new EngineSession(to, signal);
  cleanups.push(() => session[Symbol.dispose]());
  return session;
}

describe("EngineSession.connect", () => {
  it("pings, asks for the version and agrees on one, over a single connection", async () => {
    const daemon = await startDaemon({ engine: { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24" } });
    const session = openSession(target(daemon));
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
    const daemon = await startDaemon({ engine: { apiVersion: "1.45", minAPIVersion: "1.24" } });
    const session = openSession(target(daemon));
    expect(await session.connect("1.43")).toMatchObject({ ok: true, value: { apiVersion: "1.43" } });
    expect(await session.connect("1.46")).toMatchObject({ ok: false, failure: { reason: "APIVersionUnsupported" } });
  });

  it("speaks to a local socket, and in plaintext where that is asked for", async () => {
    const folder = await mkdtemp(join(tmpdir(), "session-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const socketPath = join(folder, "docker.sock");
    const local = await startSimDaemon({ socketPath });
    cleanups.push(() => local.close());
    const overSocket = openSession({ endpoint: { kind: "unix", path: socketPath }, guard: openGuard() });
    expect(await overSocket.connect(undefined)).toMatchObject({ ok: true });

    const plain = await startSimDaemon();
    cleanups.push(() => plain.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: plain.port, pathPrefix: "" } as const;
    expect(await openSession({ endpoint, guard: openGuard() }).connect(undefined)).toMatchObject({ ok: true });
  });

  it("tells the server's certificate, and shows its own", async () => {
    const session = openSession(target(await startDaemon()));
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
    const daemon = await startDaemon({ tls: { cert: certPem, key: keyPem } });
    const to = target(daemon);
    const trusting = (ca: readonly string[]) => {
      const tls = { verify: true, credentials: { ca }, roots: () => [] };
      return openSession({ ...to, tls });
    };
    const bundle = order.map((index) => [wrong, right][index]?.certPem ?? "");
    expect(await trusting(bundle).connect(undefined)).toMatchObject({ ok: true });
    // An update check lists at once, with the version that was agreed on before.
    expect(await trusting(bundle).listContainers("1.44")).toMatchObject({ ok: true });
    const untrusted = { failure: { reason: "ServerCertificateUntrusted" } };
    expect(await trusting([wrong.certPem]).connect(undefined)).toMatchObject(untrusted);
  });

  it("says that the daemon wants TLS when it was spoken to in plaintext", async () => {
    const daemon = await startDaemon();
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: daemon.port, pathPrefix: "" } as const;
    expect(await openSession({ endpoint, guard: openGuard() }).connect(undefined)).toMatchObject({
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
    const daemon = await startDaemon();
    await daemon.setFaults(fault);
    const connected = await openSession(target(daemon)).connect(undefined);
    expect(connected).toMatchObject({ ok: false, failure: { reason } });
  });

  it.each([
    ["silent in the handshake", { kind: "silent" }, 0, "the TLS handshake did not end within 30s"],
    ["silent to the ping", { kind: "hang" }, 1, "accepted the connection but did not answer within 30s"],
    ["stalled in an answer", { kind: "stall-body", path: "/version" }, 2, "did not answer within 30s"],
  ] as const)("ends with its deadline when the daemon is %s", async (_name, fault, requests, words) => {
    const daemon = await startDaemon();
    await daemon.setFaults(fault);
    const clock = new FakeClock();
    using deadline = startDeadline(new AbortController().signal, "connecting", 30_000, clock);
    const connecting = openSession(target(daemon), deadline.signal).connect(undefined);
    await vi.waitFor(() => {
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
    cleanups.push(() => raw.close());
    const controller = new AbortController();
    const session = openSession(target(raw), controller.signal);
    const connecting = session.connect(undefined);
    await vi.waitFor(() => expect(raw.open).toBe(1));
    controller.abort();
    await connecting;
    await vi.waitFor(() => expect(raw.open).toBe(0));

    const kept = await startRawServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\n{}")),
    );
    cleanups.push(() => kept.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: kept.port, pathPrefix: "" } as const;
    {
      using healthy = new EngineSession({ endpoint, guard: openGuard() }, new AbortController().signal);
      await healthy.connect(undefined);
      expect(kept.open).toBe(1);
    }
    await vi.waitFor(() => expect(kept.open).toBe(0));
  });
});

describe("EngineSession.connect through a proxy", () => {
  const denied = { kind: "status", status: 403 } as const;
  const facts = { name: "Docker", version: "28.5.2", apiVersion: "1.51", os: "linux" };
  const engine = { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24" };

  it("knows the engine from the ping where /version is denied", async () => {
    const daemon = await startDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/version" });
    expect(await openSession(target(daemon)).connect(undefined)).toEqual({ ok: true, value: facts });
  });

  it("knows it from /version where the ping is denied", async () => {
    const daemon = await startDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/_ping" });
    expect(await openSession(target(daemon)).connect(undefined)).toMatchObject({ ok: true, value: facts });
  });

  it("still refuses a version that the daemon does not serve", async () => {
    const daemon = await startDaemon({ engine });
    await daemon.setFaults({ ...denied, path: "/version" });
    const refused = await openSession(target(daemon)).connect("1.52");
    expect(refused).toMatchObject({ failure: { reason: "APIVersionUnsupported" } });
  });

  it("fails where both are denied, and names what would allow the ping", async () => {
    const daemon = await startDaemon({ engine });
    await daemon.setFaults(denied);
    expect(await openSession(target(daemon)).connect(undefined)).toMatchObject({
      failure: { reason: "PermissionDenied", message: expect.stringContaining("GET /_ping (Tecnativa: set PING=1;") },
    });
  });
});

describe("EngineSession.probe", () => {
  it("tells what is allowed, and why the rest is not", async () => {
    const daemon = await startDaemon({ engine: { apiVersion: "1.51" } });
    await daemon.setFaults({ kind: "status", status: 403, path: "/images/" });
    expect(await openSession(target(daemon)).probe("1.51", "7".repeat(64))).toMatchObject([
      { capability: "list", allowed: true },
      { capability: "inspect", allowed: true },
      { capability: "imageInspect", allowed: false, denial: { reason: "PermissionDenied" } },
      { capability: "distribution", allowed: true },
    ]);
  });
});

describe("EngineSession.describe", () => {
  const engine = { name: "Docker", version: "25.0.0", apiVersion: "1.44", os: "linux" } as const;

  it.each(["containerd", "graphdriver"] as const)("tells the host and its image store: %s", async (imageStore) => {
    const daemon = await startDaemon({ imageStore, engine: { id: "abc", name: "edge-7" } });
    expect(await openSession(target(daemon)).describe(engine)).toEqual({
      ok: true,
      value: { id: "abc", hostname: "edge-7", imageStore },
    });
  });

  it("takes no id from Podman, which makes up another for each answer", async () => {
    const daemon = await startDaemon({ imageStore: "graphdriver", engine: { id: "abc", name: "edge-7" } });
    expect(await openSession(target(daemon)).describe({ ...engine, name: "Podman" })).toEqual({
      ok: true,
      value: { hostname: "edge-7", imageStore: "graphdriver" },
    });
  });

  it("names the request that a proxy denies", async () => {
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 403, path: "/info" });
    expect(await openSession(target(daemon)).describe(engine)).toMatchObject({
      failure: {
        reason: "PermissionDenied",
        message: expect.stringContaining("GET /v1.44/info (Tecnativa: set INFO=1"),
      },
    });
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
    cleanups.push(() => elsewhere.close());
    const location = `http://127.0.0.1:${elsewhere.port}${path}`;
    for (const headers of [{ Location: location }, { Location: location, "Api-Version": "1.44" }]) {
      const daemon = await startSimDaemon();
      cleanups.push(() => daemon.close());
      await daemon.setFaults({ kind: "status", status, path, headers });
      const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: daemon.port, pathPrefix: "" } as const;
      const answer = await openSession({ endpoint, guard: openGuard() }).connect(undefined);
      expect(answer).toMatchObject({ ok: false, failure: { reason: "NotADockerEndpoint" } });
      expect(daemon.counters.byRoute()[`GET ${path}`]).toBe(1);
    }
    expect(elsewhere.accepted).toBe(0);
  });
});
