import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { SimContainer, SimImage } from "../../test/sim/contents.ts";
import { type SimDaemon, type SimDaemonOptions, startSimDaemon } from "../../test/sim/daemon.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { openGuard } from "../common/dial-guard.ts";
import { EngineSession } from "./engine-session.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startDaemon(options: SimDaemonOptions = {}): Promise<SimDaemon> {
  const daemon = await startSimDaemon(options);
  cleanups.push(() => daemon.close());
  return daemon;
}

function openSession({ port }: { readonly port: number }): EngineSession {
  const endpoint = { kind: "tcp", scheme: "tcp", host: "127.0.0.1", port, pathPrefix: "" } as const;
  const session = new EngineSession({ endpoint, guard: openGuard() }, new AbortController().signal);
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

describe("EngineSession.listContainers", () => {
  const running = image("1", { tags: ["registry.example:5000/app:1"] });

  it("tells of each running container, in one request", async () => {
    const web = container("web", running, { labels: { "dockerhost.dev/scope": "a", team: "a" } });
    const daemon = await startDaemon({
      images: [running],
      containers: [web, container("old", running, { state: "exited" })],
    });
    const listed = await openSession(daemon).listContainers("1.52");
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
          labels: { "dockerhost.dev/scope": "a" },
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
    const listed = await openSession(daemon).listContainers("1.44");
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
    expect(await openSession(daemon).listContainers("1.44")).toEqual({ ok: true, value: [] });
  });

  it("tells of a container that a proxy hides, beside the others, why its image is not known", async () => {
    const before = image("2");
    const daemon = await startDaemon({
      images: [before, running],
      containers: [container("secrets-web", before), container("web", running)],
    });
    await daemon.setFaults({ kind: "status", status: 403, path: `/containers/${container("secrets-web", before).id}` });
    expect(await openSession(daemon).listContainers("1.44")).toMatchObject({
      ok: true,
      value: [
        {
          name: "secrets-web",
          failure: { reason: "PermissionDenied", message: expect.stringContaining("GET /v1.44/containers/{id}/json") },
        },
        { name: "web", image: "registry.example:5000/app:1" },
      ],
    });
  });

  it("fails where a container cannot be asked for another reason", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    const path = `/containers/${container("web", before).id}`;
    await daemon.setFaults({ kind: "status", status: 500, headers: { "Api-Version": "1.52" }, path });
    expect(await openSession(daemon).listContainers("1.44")).toMatchObject({
      ok: false,
      failure: { reason: "DaemonError", message: expect.stringContaining("/containers/{id}/json") },
    });
  });

  it("does not take a proxy's 404 for a container that went away", async () => {
    const before = image("1");
    const daemon = await startDaemon({ images: [before], containers: [container("web", before)] });
    await daemon.setFaults({ kind: "status", status: 404, path: `/containers/${container("web", before).id}` });
    expect(await openSession(daemon).listContainers("1.44")).toMatchObject({
      ok: false,
      failure: { reason: "NotADockerEndpoint" },
    });
  });

  it("takes the container's own name, not one that a link gave it, and what is missing for nothing", async () => {
    const entries = [
      { Id: "a".repeat(64), Names: ["/web/db", "/db"], Image: "db:1", ImageID: digest("1"), Labels: null },
      { Id: "b".repeat(64), Names: null, Image: "db:1", ImageID: digest("1") },
    ];
    const daemon = await startDaemon();
    await daemon.setFaults({ kind: "status", status: 200, body: JSON.stringify(entries) });
    expect(await openSession(daemon).listContainers("1.41")).toEqual({
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
    expect(await openSession(daemon).listContainers("1.44")).toMatchObject({
      failure: { reason: "InvalidResponse", message: expect.stringContaining("answered /containers/json") },
    });
    expect(await openSession(daemon).listContainers("1.44")).toMatchObject({
      failure: { message: expect.stringContaining("(field 0.Id)") },
    });
  });
});

describe("EngineSession.listContainers of a hostile daemon", () => {
  const answering = async (items: readonly string[]) => {
    const body = `[${items.join(",")}]`;
    const server = await startRawServer((socket) =>
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nApi-Version: 1.52\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      ),
    );
    cleanups.push(() => server.close());
    return await openSession(server).listContainers("1.52");
  };

  it("does not describe what is wrong with each of too many entries", async () => {
    const listed = await answering(Array.from({ length: 10_001 }, () => "{}"));
    expect(listed).toMatchObject({ ok: false, failure: { reason: "InvalidResponse" } });
    const cause = listed.ok ? undefined : listed.failure.cause;
    expect(cause).toHaveProperty("issues.length", 1);
  });

  it("refuses an image id that no status could hold", async () => {
    const entry = { Id: "a", Image: "app", ImageID: "x".repeat(200) };
    const listed = await answering([JSON.stringify(entry)]);
    expect(listed).toMatchObject({ ok: false, failure: { reason: "InvalidResponse" } });
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
    const images = await openSession(raw).listImages(apiVersion);
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

  it("takes from Podman also the digest by former names, and none by the registry that it makes up", async () => {
    const [manifest, index] = [digest("2"), digest("3")];
    const { images } = await listed("1.41", [
      {
        Id: digest("1"),
        RepoTags: ["localhost/own:1", "localhost:5000/app:2"],
        RepoDigests: [`localhost/own@${manifest}`, `localhost:5000/app@${manifest}`, `localhost:5000/app@${index}`],
        Names: ["localhost/own:1", "localhost:5000/app:2"],
        History: ["localhost:5000/app:2", "localhost/own:1", `quay.io/former@${manifest}`, "quay.io/former:1"],
        Digest: manifest,
      },
    ]);
    expect(images).toMatchObject([
      {
        repoDigests: [`localhost:5000/app@${manifest}`, `localhost:5000/app@${index}`, `quay.io/former@${manifest}`],
      },
    ]);
  });

  it("tells the digest of the index from API 1.48 on", async () => {
    const { images } = await listed("1.48", [{ Id: digest("1"), Descriptor: { digest: digest("9") } }]);
    expect(images).toEqual([{ id: digest("1"), repoTags: [], repoDigests: [], descriptorDigest: digest("9") }]);
  });

  it("asks for the images' origin where the API can tell it", async () => {
    expect((await listed("1.53", [])).query).toEqual({});
    expect((await listed("1.54", [])).query).toEqual({ manifests: "true", identity: "true" });
  });

  it("tells where an image was pulled from, by the manifests that the daemon holds", async () => {
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
    expect(Array.isArray(images) && images.map(({ id, sources }) => [id, sources])).toEqual([
      ["pulled", ["registry.example/app"]],
      ["one of two platforms", ["registry.example/app"]],
      ["with an attestation", ["registry.example/app"]],
      ["imported", []],
      ["built", []],
      ["not here", undefined],
      ["graph driver", undefined],
    ]);
  });

  describe("the platform of a listed image", () => {
    const held = (platform?: object) => ({ Available: true, ImageData: { Platform: platform } });
    const arm = { os: "linux", architecture: "arm64", variant: "v8" };

    it.each([
      ["is told where the daemon holds one", [held(arm), { Available: false, ImageData: {} }], arm],
      [
        "has no variant where there is none",
        [held({ os: "linux", architecture: "amd64" })],
        { os: "linux", architecture: "amd64" },
      ],
      ["is not known where it holds several", [held(arm), held({ os: "linux", architecture: "amd64" })], undefined],
      ["is not known where the daemon does not say", [held()], undefined],
    ])("%s", async (_what, manifests, platform) => {
      const { images } = await listed("1.54", [{ Id: digest("1"), Manifests: manifests }]);
      expect(Array.isArray(images) && images[0]?.platform).toEqual(platform);
    });
  });
});

describe("EngineSession.inspectImage", () => {
  it("tells of one image by its id, and nothing of one that is gone", async () => {
    const held = image("1", { tags: ["registry.example:5000/app:1"] });
    const daemon = await startDaemon({ images: [held] });
    const session = openSession(daemon);
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
