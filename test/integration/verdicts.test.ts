import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { deleteManifest, describeTag, putIndex } from "../support/manifest-upload.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));

const engines = [
  { label: "Docker 20.10 with a graph driver", docker: dockers.old, key: "old" },
  { label: "Docker 29 with containerd's image store", docker: dockers.new, key: "new" },
] as const;

describe.each(engines)("verdicts on $label", ({ docker, key }) => {
  let namespace: TestNamespace;
  let controller: Program;
  const other = docker === dockers.old ? dockers.new : dockers.old;
  const running = new Set<string>();
  let requests = 0;
  const path = (name: string) => `verdicts-${key}/${name}`;
  const image = (name: string, tag = "1") => `${registry.facts.host}/${path(name)}:${tag}`;
  const nameOf = (container: string) => `verdicts-${key}-${container}`;

  const spec = {
    host: docker.facts.host,
    tls: { verify: true, certSecretRef: { name: "docker-tls" } },
    updateCheck: {
      containers: { includeNames: [`verdicts-${key}-.*`] },
      tags: [{ images: [".*/versions"], semver: "^1" }],
      registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }],
    },
  };

  async function push(name: string, tag = "1"): Promise<string> {
    await docker.importImage(image(name, tag));
    return await docker.push(image(name, tag));
  }

  async function run(container: string, from: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await docker.runContainer({ name: nameOf(container), image: from, labels });
    running.add(nameOf(container));
  }

  /** Asks for a check, waits until it was answered, and tells the item of each container. */
  async function check(host = "edge") {
    const token = `${++requests}`;
    await namespace.kubectl("annotate", "dockerhost", host, "--overwrite", `dockerhost.dev/requestedAt=${token}`);
    const deadline = performance.now() + 20_000;
    for (;;) {
      const { status } = await namespace.host(host);
      if (status?.updates?.lastHandledRequestedAt === token) {
        return new Map((status.updates.items ?? []).map((item) => [item.container.slice(nameOf("").length), item]));
      }
      if (performance.now() > deadline) throw new Error(`not checked: ${JSON.stringify(status)}\n${controller.output}`);
    }
  }

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
    await namespace.applyHost("edge", spec);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    for (const container of running) await docker.removeContainer(container);
  });

  it("Pinned by digest and by image id, LocalImage, Excluded by a label", async () => {
    const digest = await push("fixed");
    await run("by-digest", `${registry.facts.host}/${path("fixed")}@${digest}`);
    const id = (await docker.cli(["image", "inspect", "--format", "{{.Id}}", image("fixed")])).trim();
    await run("by-id", id);
    await docker.importImage(`local-${key}:1`);
    await run("local", `local-${key}:1`);
    await run("left-out", image("fixed"), { "com.centurylinklabs.watchtower.enable": "false" });
    const items = await check();
    expect(items.get("by-digest")).toMatchObject({ verdict: "Pinned", running: digest });
    expect(items.get("by-id")).toMatchObject({ verdict: "Pinned" });
    expect(items.get("local")).toMatchObject({ verdict: "LocalImage" });
    expect(items.get("left-out")).toMatchObject({
      verdict: "Excluded",
      reason: "Label",
      message: "Excluded by its label com.centurylinklabs.watchtower.enable=false",
    });
  });

  it("one image in two repositories, of which one moves on", async () => {
    await push("first");
    await docker.cli(["tag", image("first"), image("second")]);
    await docker.push(image("second"));
    await run("first", image("first"));
    await run("second", image("second"));
    let items = await check();
    expect([items.get("first")?.verdict, items.get("second")?.verdict]).toEqual(["UpToDate", "UpToDate"]);
    await other.importImage(image("second"));
    const available = await other.push(image("second"));
    items = await check();
    expect(items.get("first")).toMatchObject({ verdict: "UpToDate" });
    expect(items.get("second")).toMatchObject({ verdict: "Outdated", available, answeredBy: "Operator" });
  });

  it("RestartPending once the tag is there anew, and an untagged image by its digest", async () => {
    await push("pending");
    await run("pending", image("pending"));
    await docker.importImage(image("pending"));
    await push("untagged");
    await run("untagged", image("untagged"));
    await docker.cli(["rmi", "--force", image("untagged")]);
    const items = await check();
    expect(items.get("pending")).toMatchObject({ verdict: "RestartPending" });
    // A graph driver forgets with the name the digest that came with it: it is as if the image was made there.
    const known = docker === dockers.old ? "LocalImage" : "UpToDate";
    expect(items.get("untagged")).toMatchObject({ verdict: known });
  });

  it("Failed for an image that the registry no longer has", async () => {
    const digest = await push("gone");
    await run("gone", image("gone"));
    await deleteManifest(registry.facts, path("gone"), digest);
    const items = await check();
    expect(items.get("gone")).toMatchObject({ verdict: "Failed", reason: "ImageNotFound" });
  });

  it("an index of two platforms against what was pulled from it, both ways", async () => {
    // Pushed by another: a daemon knows what it pushed by the digest that this has.
    for (const tag of ["amd64", "amd64-next", "arm64", "arm64-next"]) {
      await other.importImage(image("multi", tag));
      await other.push(image("multi", tag));
    }
    const index = (amd64: string, arm64: string) =>
      putIndex(registry.facts, path("multi"), "1", [
        { tag: amd64, architecture: "amd64" },
        { tag: arm64, architecture: "arm64" },
      ]);
    const first = await index("amd64", "arm64");
    await docker.cli(["pull", image("multi")]);
    await run("multi", image("multi"));
    expect((await check()).get("multi")).toMatchObject({ verdict: "UpToDate", available: first });

    const otherPlatform = await index("amd64", "arm64-next");
    expect((await check()).get("multi")).toMatchObject({ verdict: "UpToDate", available: otherPlatform });

    const moved = await index("amd64-next", "arm64");
    expect((await check()).get("multi")).toMatchObject({ verdict: "Outdated", available: moved });
  });

  it("a newer tag, which changes no verdict", async () => {
    await push("versions", "1.0");
    await run("versions", image("versions", "1.0"));
    for (const tag of ["1.1", "1.1.1", "1.2-rc.1", "2.0", "latest"]) {
      await docker.cli(["tag", image("versions", "1.0"), image("versions", tag)]);
      await docker.push(image("versions", tag));
    }
    expect((await check()).get("versions")).toMatchObject({
      verdict: "UpToDate",
      newerTag: { tag: "1.1", change: "Minor" },
    });
  });

  it("by the daemon itself, and by it where the operator does not trust the registry", async () => {
    const { tags: _, registries: __, ...updateCheck } = spec.updateCheck;
    const byOperator = await check();
    await namespace.applyHost("by-host", { ...spec, updateCheck: { ...updateCheck, resolveFrom: "Host" } });
    const byHost = await check("by-host");
    const verdicts = (items: typeof byHost) =>
      Object.fromEntries([...items].map(([name, { verdict }]) => [name, verdict]));
    expect(verdicts(byHost)).toEqual(verdicts(byOperator));
    expect(byHost.get("first")).toMatchObject({ verdict: "UpToDate", answeredBy: "Host" });
    const { digest } = await describeTag(registry.facts, path("second"), "1");
    expect(byHost.get("second")).toMatchObject({ verdict: "Outdated", available: digest, answeredBy: "Host" });

    await namespace.applyHost("auto", { ...spec, updateCheck: { ...updateCheck, resolveFrom: "Auto" } });
    const auto = await check("auto");
    expect(auto.get("first")).toMatchObject({ verdict: "UpToDate", answeredBy: "Host" });
  });
});
