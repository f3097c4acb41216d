import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import { connectEnvironment } from "../env/environment.ts";
import { comesTrue } from "../env/processes/wait-until.ts";
import { FollowedHost } from "../support/followed-host.ts";
import {
  deleteManifest,
  describeTag,
  type IndexEntry,
  putIndex,
  putOtherManifest,
} from "../support/manifest-upload.ts";
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

  /** Images that the host has never seen, each under a tag of its own: `amd64-1`, of that architecture. */
  async function pushParts(name: string, ...tags: readonly string[]): Promise<void> {
    for (const tag of tags) {
      await other.importImage(image(name, tag), `linux/${tag.replace(/-.*$/, "")}`);
      await other.push(image(name, tag));
    }
  }

  const putParts = (name: string, ...parts: readonly IndexEntry[]) => putIndex(registry.facts, path(name), "1", parts);
  const part = (tag: string, variant?: string): IndexEntry => ({
    tag,
    architecture: tag.replace(/-.*$/, ""),
    ...(variant !== undefined && { variant }),
  });
  const attestation = (tag: string): IndexEntry => ({ tag, os: "unknown", architecture: "unknown" });

  /** By a newer API than the Docker command line of these tests speaks. */
  async function manifestOf(container: string): Promise<string> {
    const request = get({ socketPath: docker.facts.socket, path: `/v1.48/containers/${container}/json` });
    const [reply] = (await once(request, "response")) as [IncomingMessage];
    const [, digest] = /"ImageManifestDescriptor":\{[^}]*"digest":"([^"]+)"/.exec(await text(reply)) ?? [];
    if (digest === undefined) throw new Error(`${container} has no manifest`);
    return digest;
  }

  /**
   * What the daemon makes of a pull. With containerd it calls any other index a newer image; whether a new container
   * would run something else shows by its manifest.
   */
  async function pull(container: string, name: string, platform?: string): Promise<string> {
    const flags = platform === undefined ? [] : [`--platform=${platform}`];
    const words = await docker.cli(["pull", ...flags, image(name)]);
    if (docker === dockers.old) {
      expect(words).toMatch(/Image is up to date|Downloaded newer image/);
      return words.includes("Image is up to date") ? "UpToDate" : "Outdated";
    }
    const fresh = nameOf("fresh");
    await docker.cli(["create", "--pull=never", ...flags, "--name", fresh, image(name)]);
    const [now, before] = [await manifestOf(fresh), await manifestOf(nameOf(container))];
    await docker.removeContainer(fresh);
    return now === before ? "UpToDate" : "Outdated";
  }

  /** Asks for a check, waits until it was answered, and returns the item of each container. */
  async function check(host = "edge") {
    const token = `${++requests}`;
    await namespace.kubectl("annotate", "dockerhost", host, "--overwrite", `dockerhost.dev/requestedAt=${token}`);
    let status: DockerHostObject["status"];
    const isChecked = await comesTrue(60_000, async () => {
      status = (await namespace.host(host)).status;
      return status?.updates?.lastHandledRequestedAt === token;
    });
    if (!isChecked) throw new Error(`not checked: ${JSON.stringify(status)}\n${controller.output}`);
    return new Map((status?.updates?.items ?? []).map((item) => [item.container.slice(nameOf("").length), item]));
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

  it("RestartPending once the tag is there again, and an untagged image by its digest", async () => {
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

  it("follow a container that somebody replaces by hand, with the next connection pass", async () => {
    await push("followed");
    await run("followed", image("followed"));
    const secrets = { "docker-tls": { ...docker.facts.client }, "registry-ca": { "ca.crt": registry.facts.ca } };
    using host = await FollowedHost.start(spec, secrets);
    const verdict = async () =>
      (await host.updates())?.items?.find(({ container }) => container === nameOf("followed"))?.verdict;
    await host.laterPass();
    expect(await verdict()).toBe("UpToDate");
    expect(await host.laterPass()).toBe(false);

    await push("followed");
    expect(await host.laterPass()).toBe(true);
    expect(await verdict()).toBe("RestartPending");
    await docker.removeContainer(nameOf("followed"));
    await run("followed", image("followed"));
    expect(await host.laterPass()).toBe(true);
    const before = (await host.updates())?.lastCheckTime;
    expect(await verdict()).toBe("UpToDate");
    expect(await host.laterPass()).toBe(false);
    expect((await host.updates())?.lastCheckTime).toBe(before);
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

  it("a variant that changed, whichever of them this host runs", async () => {
    await pushParts("variants", "amd64-a", "amd64-b", "amd64-c", "amd64-d");
    await putParts("variants", part("amd64-a"), part("amd64-b", "v2"));
    await docker.cli(["pull", image("variants")]);
    await run("variants", image("variants"));
    const found: (string | undefined)[] = [];
    for (const [first, second] of [
      ["amd64-a", "amd64-c"],
      ["amd64-d", "amd64-c"],
    ] as const) {
      const available = await putParts("variants", part(first), part(second, "v2"));
      const { verdict } = (await check()).get("variants") ?? {};
      found.push(verdict);
      expect({ available, verdict }).toEqual({ available, verdict: await pull("variants", "variants") });
      await docker.removeContainer(nameOf("variants"));
      await run("variants", image("variants"));
    }
    expect(found.toSorted()).toEqual(["Outdated", "UpToDate"]);
  });

  it("an image for another platform than the host's", async () => {
    await pushParts("emulated", "amd64-1", "amd64-2", "arm64-1", "arm64-2");
    await putParts("emulated", part("amd64-1"), part("arm64-1"));
    const arm = "linux/arm64";
    await docker.cli(["pull", `--platform=${arm}`, image("emulated")]);
    await docker.runContainer({ name: nameOf("emulated"), image: image("emulated"), platform: arm });
    running.add(nameOf("emulated"));
    await putParts("emulated", part("amd64-2"), part("arm64-1"));
    expect((await check()).get("emulated")).toMatchObject({ verdict: "UpToDate" });
    expect(await pull("emulated", "emulated", arm)).toBe("UpToDate");
    await putParts("emulated", part("amd64-2"), part("arm64-2"));
    expect((await check()).get("emulated")).toMatchObject({ verdict: "Outdated" });
    expect(await pull("emulated", "emulated", arm)).toBe("Outdated");
    expect((await check()).get("emulated")).toMatchObject({ verdict: "RestartPending" });
  });

  it("an attestation that changed, after the old index was removed, before and after a pull", async () => {
    await pushParts("attested", "amd64-1", "amd64-2", "amd64-signed", "amd64-again");
    const former = await putParts("attested", part("amd64-1"), attestation("amd64-signed"));
    await docker.cli(["pull", image("attested")]);
    await run("attested", image("attested"));
    const available = await putParts("attested", part("amd64-1"), attestation("amd64-again"));
    await deleteManifest(registry.facts, path("attested"), former);
    expect((await check()).get("attested")).toMatchObject({ verdict: "UpToDate", available });
    expect(await pull("attested", "attested")).toBe("UpToDate");
    expect((await check()).get("attested")).toMatchObject({ verdict: "UpToDate", available });
    await putParts("attested", part("amd64-2"), attestation("amd64-again"));
    expect((await check()).get("attested")).toMatchObject({ verdict: "Outdated" });
    expect(await pull("attested", "attested")).toBe("Outdated");
    expect((await check()).get("attested")).toMatchObject({ verdict: "RestartPending" });
  });

  it("the same image by another manifest", async () => {
    await pushParts("repacked", "amd64-1");
    await putParts("repacked", part("amd64-1"));
    await other.importImage(image("repacked"));
    await other.push(image("repacked"));
    await docker.cli(["pull", image("repacked")]);
    await run("repacked", image("repacked"));
    const available = await putOtherManifest(registry.facts, path("repacked"), "1");
    const item = (await check()).get("repacked");
    expect(item).toMatchObject({ available, verdict: await pull("repacked", "repacked") });
    // A graph driver's image is its configuration; containerd's is its manifest.
    expect(item?.verdict).toBe(docker === dockers.old ? "UpToDate" : "Outdated");
  });

  it("a name that somebody else has in the registry", async () => {
    for (const name of ["genuine", "namesake"]) {
      await other.importImage(image(name));
      await other.push(image(name));
    }
    await docker.cli(["pull", image("genuine")]);
    await docker.cli(["tag", image("genuine"), image("namesake")]);
    await run("namesake", image("namesake"));
    await run("genuine", image("genuine"));
    await docker.importImage(image("namesake", "built"));
    await other.importImage(image("namesake", "built"));
    await other.push(image("namesake", "built"));
    await run("built", image("namesake", "built"));
    const verdicts = (items: Awaited<ReturnType<typeof check>>) =>
      ["genuine", "namesake", "built"].map((name) => items.get(name)?.verdict);
    expect(verdicts(await check())).toEqual(["UpToDate", "LocalImage", "LocalImage"]);
    if (docker === dockers.new) {
      await namespace.applyHost("before-origins", { ...spec, apiVersion: "1.47" });
      expect(verdicts(await check("before-origins"))).toEqual(["UpToDate", "LocalImage", "LocalImage"]);
    }
    // The registry may forget what runs: its origin is still known.
    const { digest } = await describeTag(registry.facts, path("genuine"), "1");
    await other.importImage(image("genuine"));
    await other.push(image("genuine"));
    await deleteManifest(registry.facts, path("genuine"), digest);
    expect(verdicts(await check())).toEqual(["Outdated", "LocalImage", "LocalImage"]);
    expect(await pull("genuine", "genuine")).toBe("Outdated");
  });

  it("an image that was saved and loaded", async () => {
    await other.importImage(image("loaded"));
    await other.push(image("loaded"));
    await docker.cli(["pull", image("loaded")]);
    const archive = join(docker.facts.dockerd.runFolder, `loaded-${key}.tar`);
    await docker.cli(["save", "--output", archive, image("loaded")]);
    await docker.cli(["rmi", image("loaded")]);
    await docker.cli(["load", "--input", archive]);
    await run("loaded", image("loaded"));
    const isContainerd = docker === dockers.new;
    expect((await check()).get("loaded")?.verdict).toBe(isContainerd ? "UpToDate" : "LocalImage");
    await other.importImage(image("loaded"));
    await other.push(image("loaded"));
    expect((await check()).get("loaded")).toMatchObject(
      isContainerd
        ? { verdict: "Outdated" }
        : { verdict: "LocalImage", message: expect.stringContaining("docker load") },
    );
    expect(await pull("loaded", "loaded")).toBe("Outdated");
  });
});
