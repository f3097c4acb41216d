import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, json } from "./client.ts";
import type { ImageStore, SimContainer, SimImage } from "./contents.ts";
import { type SimDaemon, startSimDaemon } from "./daemon.ts";
import { LINUX_AMD64 } from "./manifests.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

const pulled: SimImage = {
  tags: ["registry.test:5000/team/app:1"],
  pulledFrom: ["registry.test:5000/team/app"],
  target: { mediaType: INDEX, digest: digest("a"), size: 500 },
  manifest: { mediaType: MANIFEST, digest: digest("b"), size: 400, platform: LINUX_AMD64 },
  configDigest: digest("c"),
};
/** An older image of the same tag, which has moved on. */
const replaced: SimImage = {
  ...pulled,
  tags: [],
  target: { ...pulled.target, digest: digest("d") },
  configDigest: digest("e"),
};
const built: SimImage = {
  ...pulled,
  tags: ["local:latest"],
  pulledFrom: [],
  target: { ...pulled.target, digest: digest("f") },
  configDigest: digest("1"),
};

const current: SimContainer = { id: "1".repeat(64), name: "web", image: "registry.test:5000/team/app:1", runs: pulled };
const old: SimContainer = { ...current, id: "2".repeat(64), name: "old", runs: replaced, labels: { tier: "back" } };
const stopped: SimContainer = {
  ...current,
  id: "3".repeat(64),
  name: "batch",
  image: "local",
  runs: built,
  state: "exited",
};
const paused: SimContainer = { ...stopped, id: "4".repeat(64), name: "paused", state: "paused" };

const daemons = new Map<ImageStore, SimDaemon>();

beforeAll(async () => {
  for (const imageStore of ["graphdriver", "containerd"] as const) {
    const contents = { images: [pulled, replaced, built], containers: [current, old, stopped, paused] };
    const engine = { apiVersion: "1.52", minAPIVersion: "1.24" };
    daemons.set(imageStore, await startSimDaemon({ imageStore, engine, ...contents }));
  }
});

afterAll(async () => {
  await Promise.all([...daemons.values()].map((daemon) => daemon.close()));
});

async function get(store: ImageStore, path: string): Promise<unknown> {
  return json(await ask(`http://127.0.0.1:${daemons.get(store)?.port}${path}`));
}

const names = (list: unknown) => (list as { Names: string[] }[]).flatMap(({ Names }) => Names);
const filters = (value: object) => `filters=${encodeURIComponent(JSON.stringify(value))}`;

describe("the list of containers", () => {
  it("holds those that run, paused ones too", async () => {
    expect(names(await get("containerd", "/containers/json"))).toEqual(["/web", "/old", "/paused"]);
  });

  it("holds all of them when asked to, or those of a state", async () => {
    expect(names(await get("containerd", "/containers/json?all=1"))).toHaveLength(4);
    expect(names(await get("containerd", `/containers/json?${filters({ status: ["exited"] })}`))).toEqual(["/batch"]);
    expect(names(await get("containerd", `/containers/json?${filters({ status: { exited: true } })}`))).toEqual([
      "/batch",
    ]);
  });

  it("refuses filters that it does not know", async () => {
    expect(await get("containerd", `/containers/json?${filters({ mood: ["good"] })}`)).toEqual({
      message: "invalid filter 'mood'",
    });
    expect(await get("containerd", "/containers/json?filters=junk")).toEqual({ message: "invalid filter" });
    expect(await get("containerd", `/containers/json?${filters({ status: ["bored"] })}`)).toEqual({
      message:
        "invalid filter 'status=bored': invalid value for state (bored): must be one of created, running, paused, restarting, removing, exited, dead",
    });
  });

  it("shows the bare image id once the tag has moved", async () => {
    expect(await get("graphdriver", "/containers/json?all=1")).toMatchObject([
      { Image: "registry.test:5000/team/app:1", ImageID: pulled.configDigest },
      { Image: replaced.configDigest, ImageID: replaced.configDigest, Labels: { tier: "back" } },
      { Image: "local", State: "exited" },
      { Image: "local", State: "paused" },
    ]);
  });

  it("names the platform's manifest from API 1.48, in the containerd store only", async () => {
    expect(await get("containerd", "/v1.48/containers/json")).toMatchObject([
      { ImageManifestDescriptor: { digest: pulled.manifest.digest, platform: LINUX_AMD64 } },
      {},
      {},
    ]);
    const [before] = (await get("containerd", "/v1.47/containers/json")) as object[];
    const [elsewhere] = (await get("graphdriver", "/v1.48/containers/json")) as object[];
    expect(before).not.toHaveProperty("ImageManifestDescriptor");
    expect(elsewhere).not.toHaveProperty("ImageManifestDescriptor");
  });
});

describe("inspecting a container", () => {
  it.each([current.id, current.id.slice(0, 12), "old"])("finds it as %s", async (reference) => {
    expect(await get("containerd", `/containers/${reference}/json`)).toMatchObject({
      Config: { Image: "registry.test:5000/team/app:1" },
      State: { Running: true },
    });
  });

  it("reports the id of the image in the store's own way", async () => {
    expect(await get("graphdriver", "/containers/web/json")).toMatchObject({ Image: pulled.configDigest });
    expect(await get("containerd", "/containers/web/json")).toMatchObject({ Image: pulled.target.digest });
  });

  it("says when there is none", async () => {
    expect(await get("containerd", "/containers/none/json")).toEqual({ message: "No such container: none" });
  });
});

describe("images", () => {
  it("on a graph driver keep the digest they were pulled by, and have none when built here", async () => {
    expect(await get("graphdriver", "/images/json?digests=1")).toMatchObject([
      { Id: pulled.configDigest, RepoDigests: [`registry.test:5000/team/app@${pulled.target.digest}`] },
      { RepoTags: [], RepoDigests: [`registry.test:5000/team/app@${replaced.target.digest}`] },
      { RepoTags: ["local:latest"], RepoDigests: [] },
    ]);
  });

  it("in the containerd store have a digest for every current tag, pushed or not", async () => {
    expect(await get("containerd", "/images/json")).toMatchObject([
      { Id: pulled.target.digest, Descriptor: pulled.target },
      { Id: replaced.target.digest, RepoTags: [], RepoDigests: [] },
      { RepoTags: ["local:latest"], RepoDigests: [`local@${built.target.digest}`] },
    ]);
  });

  it("in the containerd store are listed with the digest of one name, and inspected with all", async () => {
    const tagged = { ...pulled, tags: ["a/app:1", "b/app:1"] };
    const daemon = await startSimDaemon({ images: [tagged] });
    const url = `http://127.0.0.1:${daemon.port}`;
    try {
      expect(json(await ask(`${url}/images/json`))).toMatchObject([{ RepoDigests: [`b/app@${pulled.target.digest}`] }]);
      expect(json(await ask(`${url}/images/a/app:1/json`))).toMatchObject({
        RepoDigests: [`a/app@${pulled.target.digest}`, `b/app@${pulled.target.digest}`],
      });
    } finally {
      await daemon.close();
    }
  });

  it("without any name are listed with placeholders before API 1.43", async () => {
    expect(await get("containerd", "/v1.42/images/json")).toMatchObject([
      {},
      { RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"] },
      {},
    ]);
  });

  it.each([
    pulled.target.digest,
    pulled.target.digest.slice("sha256:".length, 20),
    "registry.test:5000/team/app:1",
    `registry.test:5000/team/app@${pulled.target.digest}`,
  ])("are found as %s", async (reference) => {
    expect(await get("containerd", `/images/${reference}/json`)).toMatchObject({
      Id: pulled.target.digest,
      Descriptor: pulled.target,
      Os: "linux",
      Architecture: "amd64",
    });
  });

  it("are found by the short form of Docker Hub's names", async () => {
    expect(await get("containerd", "/images/docker.io/library/local/json")).toMatchObject({ Id: built.target.digest });
  });

  it("say when there is none", async () => {
    expect(await get("containerd", "/images/none:1/json")).toEqual({ message: "No such image: none:1" });
  });
});
