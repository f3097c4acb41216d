import { describe, expect, it, onTestFinished } from "vitest";
import { openSession, plainTarget, startDaemon } from "../../test/support/engine-sessions.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { digest, image } from "../../test/support/sim-contents.ts";

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
    onTestFinished(() => raw.close());
    const images = await openSession(plainTarget(raw)).listImages(apiVersion);
    return { images: images.ok ? images.value : images.failure, query: Object.fromEntries(await promise) };
  }

  it("reports names and digests, and leaves out the placeholders of old daemons", async () => {
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

  it("reports the digest of the index from API 1.48 on", async () => {
    const { images } = await listed("1.48", [{ Id: digest("1"), Descriptor: { digest: digest("9") } }]);
    expect(images).toEqual([{ id: digest("1"), repoTags: [], repoDigests: [], descriptorDigest: digest("9") }]);
  });

  it("requests the images' manifests and origin if the API has them", async () => {
    expect((await listed("1.47", [])).query).toEqual({});
    expect((await listed("1.48", [])).query).toEqual({ manifests: "true" });
    expect((await listed("1.53", [])).query).toEqual({ manifests: "true" });
    expect((await listed("1.54", [])).query).toEqual({ manifests: "true", identity: "true" });
  });

  it("reports where an image was pulled from, from the manifests that the daemon holds", async () => {
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

  it("reports whether an image was built here, and not its origin if that was not requested", async () => {
    const entry = (identity: object) => [
      { Id: "x", Manifests: [{ Available: true, ImageData: { Identity: identity } }] },
    ];
    const built = await listed("1.54", entry({ Build: [{ Ref: "x" }] }));
    expect(built.images).toMatchObject([{ sources: [], built: true }]);
    const imported = await listed("1.54", entry({}));
    expect(imported.images).toEqual([{ id: "x", repoTags: [], repoDigests: [], sources: [] }]);
    const before = await listed("1.53", entry({}));
    expect(before.images).toEqual([{ id: "x", repoTags: [], repoDigests: [] }]);
  });

  it("reports the manifests of an image's index, without attestations", async () => {
    const windows = { os: "windows", architecture: "amd64", "os.version": "10.0.17763.1" };
    const { images } = await listed("1.48", [
      {
        Id: digest("1"),
        Manifests: [
          { ID: digest("2"), Available: false, ImageData: { Platform: windows } },
          { ID: digest("3"), Available: true, ImageData: { Platform: { os: "linux", architecture: "arm64" } } },
          { ID: digest("4"), Available: true, ImageData: { Platform: { os: "", architecture: "" } } },
          { ID: digest("5"), Available: true, AttestationData: {} },
        ],
      },
    ]);
    expect(Array.isArray(images) && images[0]?.manifests).toEqual([
      {
        digest: digest("2"),
        available: false,
        platform: { os: "windows", architecture: "amd64", osVersion: "10.0.17763.1" },
      },
      { digest: digest("3"), available: true, platform: { os: "linux", architecture: "arm64" } },
      { digest: digest("4"), available: true },
    ]);
  });

  describe("the platform of a listed image", () => {
    const held = (platform?: object) => ({ Available: true, ImageData: { Platform: platform } });
    const arm = { os: "linux", architecture: "arm64", variant: "v8" };

    it.each([
      ["is reported where the daemon holds one", [held(arm), { Available: false, ImageData: {} }], arm],
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
  it("reports one image by its id, and nothing for one that is gone", async () => {
    const held = image("1", { tags: ["registry.example:5000/app:1"] });
    const daemon = await startDaemon({ images: [held] });
    const session = openSession(plainTarget(daemon));
    expect(await session.inspectImage("1.52", digest("1"))).toEqual({
      ok: true,
      value: {
        id: digest("1"),
        repoTags: ["registry.example:5000/app:1"],
        repoDigests: [`registry.example:5000/app@${digest("1")}`],
        descriptorDigest: digest("1"),
        platform: expect.objectContaining({ os: "linux" }),
      },
    });
    expect(await session.inspectImage("1.52", digest("7"))).toEqual({ ok: true, value: undefined });
  });
});
