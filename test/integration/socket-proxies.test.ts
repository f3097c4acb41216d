import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConditionType } from "../../src/api/condition-types.ts";
import { findCondition } from "../../src/api/conditions.ts";
import type { DockerHostStatus } from "../../src/api/status.ts";
import { setUpBinaries } from "../env/binaries.ts";
import { connectEnvironment } from "../env/environment.ts";
import { type Section, type SocketPolicy, SocketProxy, UNANCHORED_BLOCKLIST } from "../env/socket-proxy.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));

const engines = [
  { label: "Docker 20.10 with a graph driver", docker: dockers.old, key: "old", store: "graphdriver" },
  { label: "Docker 29 with containerd's image store", docker: dockers.new, key: "new", store: "containerd" },
] as const;

/** All that an update check needs. */
const MINIMUM: readonly Section[] = ["PING", "VERSION", "CONTAINERS", "IMAGES"];

const sections = (...open: readonly Section[]): SocketPolicy => ({ kind: "sections", open });
const without = (...shut: readonly Section[]) => sections(...MINIMUM.filter((section) => !shut.includes(section)));

describe.each(engines)("a socket proxy before $label", ({ docker, key, store }) => {
  let namespace: TestNamespace;
  let controller: Program;
  let proxy: SocketProxy;
  const image = `${registry.facts.host}/proxied/${key}:1`;
  // Such a name is what an unanchored blocklist takes for the API of secrets.
  const blockedImage = `${registry.facts.host}/proxied/secrets-manager-${key}:1`;
  const container = `proxied-${key}`;
  const blockedContainer = `configs-${key}`;

  beforeAll(async () => {
    const { debian } = await setUpBinaries({ log: () => undefined, environment: process.env });
    const { socket, dockerd } = docker.facts;
    const policy = sections();
    proxy = await SocketProxy.start({ programs: debian, runFolder: dockerd.runFolder, socket, policy });
    namespace = await TestNamespace.create(kube);
    const rights = { watchNamespaces: [namespace.name], updates: { enabled: true } } as const;
    const flags = [...LOOPBACK, "--updates", "--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    controller = await Program.startController(kube, rights, flags);
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    for (const [name, reference] of [
      [container, image],
      [blockedContainer, blockedImage],
    ] as const) {
      await docker.importImage(reference);
      await docker.push(reference);
      await docker.runContainer({ name, image: reference });
    }
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await proxy?.stop();
    await docker.removeContainer(container);
    await docker.removeContainer(blockedContainer);
  });

  afterEach(async () => {
    await namespace.kubectl("delete", "dockerhost", "edge", "--ignore-not-found");
  });

  /** A DockerHost behind the proxy, once its connection has been checked. */
  async function connectThrough(policy: SocketPolicy, ready = "True", spec = {}): Promise<DockerHostStatus> {
    await proxy.setPolicy(policy);
    await namespace.applyHost("edge", {
      ...spec,
      host: `tcp://127.0.0.1:${proxy.port}`,
      updateCheck: {
        registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }],
      },
    });
    return (await namespace.waitFor("edge", { type: "Ready", status: ready })).status ?? {};
  }

  /** How the check of the host ended. */
  async function checked(status: string, reason?: string): Promise<DockerHostStatus> {
    const wanted = { type: "UpdateCheckSucceeded", status, ...(reason === undefined ? {} : { reason }) } as const;
    return (await namespace.waitFor("edge", wanted)).status ?? {};
  }

  const message = (status: DockerHostStatus, type: ConditionType = "Ready") =>
    findCondition(status.conditions, type)?.message;
  const itemOf = ({ updates }: DockerHostStatus, name: string) =>
    updates?.items?.find((item) => item.container === name);

  it("lets a full check through with only CONTAINERS and IMAGES", async () => {
    const status = await connectThrough(sections(...MINIMUM));
    expect(message(status)).toMatch(/^Connected to Docker \S+ \(API [0-9.]+\) in plaintext$/);
    expect(status.capabilities).toEqual({ list: true, inspect: true, imageInspect: true, distribution: false });
    expect(status.engine).toMatchObject({ name: "Docker", version: expect.any(String), arch: expect.any(String) });
    expect(status.engine).not.toHaveProperty("imageStore");
    const { updates } = await checked("True");
    expect(updates?.items?.map(({ container: name, verdict }) => `${name} ${verdict}`)).toEqual(
      expect.arrayContaining([`${container} UpToDate`, `${blockedContainer} UpToDate`, "idle-1 LocalImage"]),
    );
  });

  it("also reports whether updates are allowed, if the host may be updated", async () => {
    const denied = await connectThrough(sections(...MINIMUM), "True", { allowUpdates: true });
    expect(denied.capabilities).toMatchObject({ list: true, pull: false, recreate: false });
    expect(message(denied)).toContain("a proxy denies pulling images, replacing containers: set IMAGES=1 POST=1");
    const open = { kind: "sections", open: MINIMUM, post: true } as const;
    await namespace.kubectl("delete", "dockerhost", "edge");
    const allowed = await connectThrough(open, "True", { allowUpdates: true });
    expect(allowed.capabilities).toMatchObject({ list: true, pull: true, recreate: true });
    expect(message(allowed)).toMatch(/^Connected to Docker \S+ \(API [0-9.]+\) in plaintext$/);
  });

  it("also reports the image store with INFO, and what registries have with DISTRIBUTION", async () => {
    const status = await connectThrough(sections(...MINIMUM, "INFO", "DISTRIBUTION"));
    expect(status.engine).toMatchObject({ imageStore: store, id: expect.any(String), hostname: expect.any(String) });
    expect(status.capabilities).toEqual({ list: true, inspect: true, imageInspect: true, distribution: true });
  });

  it.each<Section>(["VERSION", "PING"])("is as good without %s", async (section) => {
    const status = await connectThrough(without(section));
    expect(status.engine).toMatchObject({
      name: "Docker",
      version: (await docker.cli(["version", "--format", "{{.Server.Version}}"])).trim(),
      os: "linux",
    });
    expect(itemOf(await checked("True"), container)).toMatchObject({ verdict: "UpToDate" });
  });

  it("reports what is missing if neither of them is allowed", async () => {
    const status = await connectThrough(without("PING", "VERSION"), "False");
    expect(findCondition(status.conditions, "Ready")).toMatchObject({
      status: "False",
      reason: "PermissionDenied",
      message: expect.stringContaining("a proxy in front of the daemon denied GET /_ping (Tecnativa: set PING=1;"),
    });
  });

  it("stays Ready without CONTAINERS, and says why nothing can be checked", async () => {
    const status = await connectThrough(without("CONTAINERS"));
    expect(message(status)).toMatch(
      /; a proxy denies listing containers, inspecting containers: set CONTAINERS=1 \(Tecnativa\)$/,
    );
    expect(status.capabilities).toMatchObject({ list: false, inspect: false, imageInspect: true });
    const after = await checked("False", "PermissionDenied");
    expect(message(after, "UpdateCheckSucceeded")).toContain("/containers/json (Tecnativa: set CONTAINERS=1;");
  });

  it("checks without IMAGES what can be found out otherwise, and recovers once it is allowed", async () => {
    const status = await connectThrough(without("IMAGES"));
    expect(message(status)).toMatch(/; a proxy denies images: set IMAGES=1 \(Tecnativa\)$/);
    expect(status.capabilities).toMatchObject({ list: true, inspect: true, imageInspect: false });
    const denied = { verdict: "Failed", reason: "PermissionDenied", message: expect.stringContaining("set IMAGES=1") };
    const expected = store === "containerd" ? { verdict: "UpToDate" } : denied;
    expect(itemOf(await checked("False"), container)).toMatchObject(expected);
    await proxy.setPolicy(sections(...MINIMUM));
    const allowed = (await namespace.ask("edge", "allowed")).status ?? {};
    expect(findCondition(allowed.conditions, "UpdateCheckSucceeded")).toMatchObject({ status: "True" });
    expect(itemOf(allowed, container)).toMatchObject({ verdict: "UpToDate" });
    expect(allowed.capabilities).toMatchObject({ imageInspect: true });
    expect(message(allowed)).not.toContain("denies");
  });

  it("asks by ids, so that an unanchored blocklist does not match a name", async () => {
    const status = await connectThrough({ kind: "read-only", blocked: UNANCHORED_BLOCKLIST });
    expect(message(status)).not.toContain("denies");
    const { updates } = await checked("True");
    expect(itemOf({ updates }, blockedContainer)).toMatchObject({ image: blockedImage, verdict: "UpToDate" });
    // The blocklist does strike those who ask by name.
    const byName = await fetch(`http://127.0.0.1:${proxy.port}/images/${blockedImage}/json`);
    expect([byName.status, await byName.text()]).toEqual([403, ""]);
  });

  it("fails for the one container that the proxy hides, and for no other", async () => {
    // A name that has moved on is no longer in the list: the container must be inspected.
    const moved = `${registry.facts.host}/proxied/moved-${key}:1`;
    await docker.importImage(moved);
    const id = await docker.runContainer({ name: `moved-${key}`, image: moved });
    await docker.importImage(moved);
    try {
      const status = await connectThrough({ kind: "read-only", blocked: [`containers/${id}/json`] });
      expect(message(status)).not.toContain("denies");
      const after = await checked("False", "PartiallyFailed");
      expect(itemOf(after, `moved-${key}`)).toMatchObject({
        verdict: "Failed",
        reason: "PermissionDenied",
        message: expect.stringContaining("/containers/{id}/json"),
      });
      expect(itemOf(after, container)).toMatchObject({ verdict: "UpToDate" });
      expect(after.updates).toMatchObject({ failed: 1 });
    } finally {
      await docker.removeContainer(`moved-${key}`);
    }
  });
});
