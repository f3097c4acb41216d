import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SimContainer, SimImage } from "../../test/sim/contents.ts";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "../../test/sim/daemon.ts";
import type { AnswerFault } from "../../test/sim/faults.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { startDeadline } from "../common/deadline.ts";
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
  };
}

function openSession(to: EngineTarget, signal = new AbortController().signal): EngineSession {
  const session = new EngineSession(to, signal);
  cleanups.push(() => session[Symbol.dispose]());
  return session;
}

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

function image(digit: string, changes: Partial<SimImage> = {}): SimImage {
  const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", size: 500 };
  return {
    tags: [],
    pulledFrom: ["registry.example:5000/app"],
    target: { ...descriptor, digest: digest(digit) },
    manifest: { ...descriptor, digest: digest(digit), platform: { os: "linux", architecture: "amd64" } },
    configDigest: digest("c"),
    ...changes,
  };
}

function container(name: string, runs: SimImage, changes: Partial<SimContainer> = {}): SimContainer {
  return {
    id: createHash("sha256").update(name).digest("hex"),
    name,
    image: "registry.example:5000/app:1",
    runs,
    ...changes,
  };
}

describe("EngineSession.connect", () => {
  it("pings, asks for the version and agrees on one, over a single connection", async () => {
    const daemon = await startDaemon({ engine: { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24" } });
    const session = openSession(target(daemon));
    expect(await session.connect(undefined)).toEqual({
      ok: true,
      value: { version: "28.5.2", apiVersion: "1.51", minAPIVersion: "1.24", os: "linux", arch: "amd64" },
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
    const overSocket = openSession({ endpoint: { kind: "unix", path: socketPath } });
    expect(await overSocket.connect(undefined)).toMatchObject({ ok: true });

    const plain = await startSimDaemon();
    cleanups.push(() => plain.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: plain.port, pathPrefix: "" } as const;
    expect(await openSession({ endpoint }).connect(undefined)).toMatchObject({ ok: true });
  });

  it("tells the server's certificate, and shows its own", async () => {
    const session = openSession(target(await startDaemon()));
    expect(session.peerCertificate()).toBeUndefined();
    await session.connect(undefined);
    expect(session.peerCertificate()?.subject.CN).toBe("edge-7");
  });

  it("says that the daemon wants TLS when it was spoken to in plaintext", async () => {
    const daemon = await startDaemon();
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: daemon.port, pathPrefix: "" } as const;
    expect(await openSession({ endpoint }).connect(undefined)).toMatchObject({
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
    ["a denial", { kind: "status", status: 403, headers: docker }, "AuthorizationDenied"],
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
      using healthy = new EngineSession({ endpoint }, new AbortController().signal);
      await healthy.connect(undefined);
      expect(kept.open).toBe(1);
    }
    await vi.waitFor(() => expect(kept.open).toBe(0));
  });
});

describe("EngineSession.describe", () => {
  it.each(["containerd", "graphdriver"] as const)("tells the host and its image store: %s", async (imageStore) => {
    const daemon = await startDaemon({ imageStore, engine: { id: "abc", name: "edge-7" } });
    expect(await openSession(target(daemon)).describe("1.44")).toEqual({
      ok: true,
      value: { id: "abc", name: "edge-7", imageStore },
    });
  });

  it("names the request that a proxy denies", async () => {
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 403, path: "/info" });
    expect(await openSession(target(daemon)).describe("1.44")).toMatchObject({
      failure: { reason: "AuthorizationDenied", message: expect.stringContaining("GET /v1.44/info") },
    });
  });
});

describe("EngineSession.listContainers", () => {
  const running = image("1", { tags: ["registry.example:5000/app:1"] });

  it("tells of each running container, in one request", async () => {
    const web = container("web", running, { labels: { team: "a" } });
    const daemon = await startDaemon({
      images: [running],
      containers: [web, container("old", running, { state: "exited" })],
    });
    const listed = await openSession(target(daemon)).listContainers("1.52");
    expect(listed).toEqual({
      ok: true,
      value: [
        {
          id: web.id,
          name: "web",
          image: "registry.example:5000/app:1",
          imageId: digest("1"),
          manifestDigest: digest("1"),
          state: "running",
          labels: { team: "a" },
        },
      ],
    });
    expect(daemon.counters.byRoute()).toEqual({ "GET /containers/json": 1 });
  });

  it("asks what a container was created with whose tag has moved on", async () => {
    const before = image("1");
    const after = image("2", { tags: ["registry.example:5000/app:1"] });
    const daemon = await startDaemon({
      images: [before, after],
      containers: [container("web", before), container("new", after)],
    });
    const listed = await openSession(target(daemon)).listContainers("1.44");
    expect(listed).toMatchObject({
      value: [
        { name: "web", image: "registry.example:5000/app:1", imageId: digest("1") },
        { name: "new", image: "registry.example:5000/app:1", imageId: digest("2") },
      ],
    });
    expect(daemon.counters.requests("GET /containers/{id}/json")).toBe(1);
  });

  it("leaves out a container that went away meanwhile", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    const gone = {
      kind: "status",
      status: 404,
      body: '{"message":"No such container"}',
      headers: { "Api-Version": "1.52" },
    } as const;
    await daemon.setFaults({ ...gone, path: `/containers/${container("web", before).id}` });
    expect(await openSession(target(daemon)).listContainers("1.44")).toEqual({ ok: true, value: [] });
  });

  it("fails where a container cannot be asked", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    await daemon.setFaults({ kind: "status", status: 403, path: `/containers/${container("web", before).id}` });
    expect(await openSession(target(daemon)).listContainers("1.44")).toMatchObject({
      ok: false,
      failure: { reason: "AuthorizationDenied", message: expect.stringContaining("/containers/{id}/json") },
    });
  });

  it("takes the container's own name, not one that a link gave it, and what is missing for nothing", async () => {
    const entries = [
      { Id: "a".repeat(64), Names: ["/web/db", "/db"], Image: "db:1", ImageID: digest("1"), Labels: null },
      { Id: "b".repeat(64), Names: null, Image: "db:1", ImageID: digest("1") },
    ];
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 200, body: JSON.stringify(entries) });
    expect(await openSession(target(daemon)).listContainers("1.41")).toEqual({
      ok: true,
      value: [
        { id: "a".repeat(64), name: "db", image: "db:1", imageId: digest("1"), state: "running", labels: {} },
        { id: "b".repeat(64), name: "b".repeat(64), image: "db:1", imageId: digest("1"), state: "running", labels: {} },
      ],
    });
  });

  it("names the field that is not as it should be", async () => {
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 200, body: '[{"Id":7}]' });
    expect(await openSession(target(daemon)).listContainers("1.44")).toMatchObject({
      failure: { reason: "InvalidResponse", message: expect.stringContaining("answered /containers/json") },
    });
    expect(await openSession(target(daemon)).listContainers("1.44")).toMatchObject({
      failure: { message: expect.stringContaining("(field 0.Id)") },
    });
  });
});

describe("EngineSession.listImages", () => {
  /** What is listed from this one answer, and the query that was sent. */
  async function listed(apiVersion: string, entries: readonly object[]) {
    const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
    const raw = await startRawServer((socket) =>
      socket.once("data", (data) => {
        resolve(new URL(data.toString("latin1").split(" ")[1] ?? "", "http://docker").searchParams);
        const body = JSON.stringify(entries);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      }),
    );
    cleanups.push(() => raw.close());
    const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port: raw.port, pathPrefix: "" } as const;
    const images = await openSession({ endpoint }).listImages(apiVersion);
    return { images: images.ok ? images.value : images.failure, query: Object.fromEntries(await promise) };
  }

  it("tells names and digests, and leaves out the placeholders of old daemons", async () => {
    const { images } = await listed("1.41", [
      { Id: digest("1"), RepoTags: ["app:1"], RepoDigests: ["app@sha256:1"] },
      { Id: digest("2"), RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] },
      { Id: digest("3"), RepoTags: null, RepoDigests: null },
    ]);
    expect(images).toEqual([
      { id: digest("1"), repoTags: ["app:1"], repoDigests: ["app@sha256:1"] },
      { id: digest("2"), repoTags: [], repoDigests: [] },
      { id: digest("3"), repoTags: [], repoDigests: [] },
    ]);
  });

  it("tells the digest of the index from API 1.48 on", async () => {
    const { images } = await listed("1.48", [{ Id: digest("1"), Descriptor: { digest: digest("9") } }]);
    expect(images).toEqual([{ id: digest("1"), repoTags: [], repoDigests: [], descriptorDigest: digest("9") }]);
  });

  it("asks for the images' origin where the API can tell it", async () => {
    expect((await listed("1.53", [])).query).toEqual({ digests: "true" });
    expect((await listed("1.54", [])).query).toEqual({ digests: "true", manifests: "true", identity: "true" });
  });

  it("tells whether an image was pulled, by the manifests that the daemon holds", async () => {
    const held = (identity?: object) => ({ Available: true, ImageData: { Identity: identity } });
    const origin = { Pull: [{ Repository: "registry.example/app" }] };
    const { images } = await listed("1.54", [
      { Id: "pulled", Manifests: [held(origin)] },
      { Id: "one of two platforms", Manifests: [held(origin), { Available: false, ImageData: {} }] },
      { Id: "with an attestation", Manifests: [held(origin), { Available: true, AttestationData: {} }] },
      { Id: "imported", Manifests: [held()] },
      { Id: "built", Manifests: [held({ Build: [{ Ref: "x" }] })] },
      { Id: "not here", Manifests: [{ Available: false, ImageData: {} }] },
      { Id: "graph driver" },
    ]);
    expect(Array.isArray(images) && images.map(({ id, pulled }) => [id, pulled])).toEqual([
      ["pulled", true],
      ["one of two platforms", true],
      ["with an attestation", true],
      ["imported", false],
      ["built", false],
      ["not here", undefined],
      ["graph driver", undefined],
    ]);
  });
});

describe("EngineSession.inspectImage", () => {
  it("tells of one image by its id, and nothing of one that is gone", async () => {
    const held = image("1", { tags: ["registry.example:5000/app:1"] });
    const daemon = await startDaemon({ images: [held] });
    const session = openSession(target(daemon));
    expect(await session.inspectImage("1.52", digest("1"))).toEqual({
      ok: true,
      value: {
        id: digest("1"),
        repoTags: ["registry.example:5000/app:1"],
        repoDigests: [`registry.example:5000/app@${digest("1")}`],
        descriptorDigest: digest("1"),
      },
    });
    expect(await session.inspectImage("1.52", digest("7"))).toEqual({ ok: true, value: undefined });
  });
});
