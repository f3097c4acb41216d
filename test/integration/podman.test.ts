import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import type { DockerHostStatus } from "../../src/api/status.ts";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { Podman } from "../env/podman.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));

describe("a DockerHost on Podman", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let podman: Podman;
  const { host } = registry.facts;
  const image = `${host}/podman/app:1`;
  const moved = `${host}/podman/moved:1`;
  const untagged = `${host}/podman/untagged:1`;

  /** Makes an image in the registry and leaves it on the host as one that was pulled. */
  async function pullFresh(reference: string): Promise<void> {
    await podman.importImage(reference, `${reference} 1`);
    await podman.push(reference);
    await podman.removeImage(reference);
    await podman.pull(reference);
  }

  beforeAll(async () => {
    const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const { rootfs, dockerd } = dockers.new.facts;
    podman = await Podman.start({ programs: debian, runFolder: dockerd.runFolder, rootfs, registry: registry.facts });
    for (const reference of [image, moved, untagged]) await pullFresh(reference);
    await podman.runContainer({ name: "app", image });
    await podman.runContainer({ name: "moved", image: moved });
    await podman.runContainer({ name: "untagged", image: untagged });
    await podman.importImage("own:1", "own");
    await podman.runContainer({ name: "own", image: "own:1" });
    // Both names leave the image that runs: to another image, and for good.
    await podman.importImage(moved, "moved 2");
    await podman.cli(["untag", untagged]);
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name, [...LOOPBACK, "--allowed-sockets", podman.socket]);
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await namespace.applyHost("edge", {
      host: `unix://${podman.socket}`,
      updateCheck: { registries: [{ host, certSecretRef: { name: "registry-ca" } }] },
    });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await podman?.stop();
  });

  const verdicts = ({ updates }: DockerHostStatus) =>
    Object.fromEntries((updates?.items ?? []).map(({ container, verdict }) => [container, verdict]));

  it("is Ready, and known as Podman", async () => {
    const { status } = await namespace.waitFor("edge", { type: "Ready", status: "True" });
    expect(findCondition(status?.conditions, "Ready")?.message).toMatch(
      /^Connected to Podman 4\.\S+ \(API 1\.41\) over the local socket$/,
    );
    expect(status?.engine).toEqual({
      name: "Podman",
      hostname: expect.any(String),
      version: expect.stringMatching(/^4\./),
      apiVersion: "1.41",
      minAPIVersion: "1.24",
      os: "linux",
      arch: process.arch === "x64" ? "amd64" : process.arch,
      imageStore: "graphdriver",
    });
    expect(status?.capabilities).toEqual({ list: true, inspect: true, imageInspect: true, distribution: false });
  });

  it("has each container checked", async () => {
    const { status } = await namespace.waitFor("edge", { type: "UpdateCheckSucceeded", status: "True" });
    expect(verdicts(status ?? {})).toEqual({
      app: "UpToDate",
      moved: "RestartPending",
      own: "LocalImage",
      untagged: "UpToDate",
    });
    const item = status?.updates?.items?.find(({ container }) => container === "own");
    expect(item).toMatchObject({ image: "localhost/own:1" });
  });

  it("shows an update once it is requested after a push", async () => {
    await dockers.new.importImage(image);
    const pushed = await dockers.new.push(image);
    const { status } = await namespace.ask("edge", "first");
    expect(status?.updates?.items?.[0]).toMatchObject({ container: "app", verdict: "Outdated", available: pushed });
    expect(verdicts(status ?? {})).toMatchObject({ own: "LocalImage", untagged: "UpToDate" });
  });

  it("stays the same host, though Podman makes up another id for each answer", async () => {
    const before = await namespace.host("edge");
    const after = await namespace.ask("edge", "second");
    expect(after.status?.engine).toEqual(before.status?.engine);
  });
});
