import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { reasonEntry } from "../../src/api/reasons.ts";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { type RawServer, startRawServer } from "../support/raw-server.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));
const docker = dockers.new;

describe("a controller without flags", () => {
  let namespace: TestNamespace;
  let controller: Program;
  /** Listens next to a controller in its pod, and counts the connections. */
  let listener: RawServer;
  const container = "policies";
  const image = `${registry.facts.host}/policies/app:1`;

  beforeAll(async () => {
    listener = await startRawServer((socket) => socket.destroy());
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name, ["--allowed-sockets", docker.facts.socket]);
    await docker.importImage(image);
    await docker.push(image);
    await docker.runContainer({ name: container, image });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await listener?.close();
    await docker.removeContainer(container);
  });

  async function messageOf(name: string, host: string): Promise<string | undefined> {
    await namespace.applyHost(name, { host });
    const { status } = await namespace.waitFor(name, { type: "Connected", status: "False", reason: "EndpointDenied" });
    expect(findCondition(status?.conditions, "Ready")).toMatchObject({ status: "False", reason: "EndpointDenied" });
    expect(findCondition(status?.conditions, "Reconciling")).toMatchObject({ status: "True" });
    return findCondition(status?.conditions, "Ready")?.message;
  }

  it.each([
    ["address", "127.0.0.1"],
    ["name", "localhost"],
    ["any-address", "0.0.0.0"],
    ["mapped", "[::ffff:127.0.0.1]"],
    ["number", "2130706433"],
    ["octal", "0177.1"],
  ])("does not connect to loopback, by whatever spelling: %s", async (label, spelling) => {
    const message = await messageOf(`loopback-${label}`, `tcp://${spelling}:${listener.port}`);
    expect(message).toContain("are not allowed (");
    expect(message).toContain("--allowed-endpoint-cidrs");
    expect(listener.accepted).toBe(0);
  });

  it("does not ask the metadata service of a cloud", async () => {
    const message = await messageOf("metadata", "http://169.254.169.254:80");
    expect(message).toContain("connections to 169.254.169.254 are not allowed (169.254.0.0/16 is denied)");
    expect(await messageOf("metadata-mapped", "http://[::ffff:a9fe:a9fe]:80")).toContain("169.254.0.0/16 is denied");
    expect(await messageOf("metadata-nat64", "http://[64:ff9b::a9fe:a9fe]:80")).toContain("169.254.0.0/16 is denied");
  });

  it("says so in an event", async () => {
    await waitUntil("the event of the denial", 60_000, async () =>
      (await namespace.events("metadata")).some(
        ({ type, reason }) => type === "Warning" && reason === "EndpointDenied",
      ),
    );
  });

  it.each([
    ["that is there", () => docker.facts.socket.replace(/^/, "/.")],
    ["that is not there", () => "/run/nobody.sock"],
    ["that is no socket", () => "/etc/hostname"],
    ["by default", () => undefined],
  ])("reaches no socket that is not allowed, and does not say whether it exists: one %s", async (label, path) => {
    const name = `socket-${label.replaceAll(" ", "-")}`;
    const host = path() === undefined ? undefined : `unix://${path()}`;
    await namespace.applyHost(name, { ...(host === undefined ? {} : { host }) });
    const { status } = await namespace.waitFor(name, { type: "Ready", status: "False", reason: "EndpointDenied" });
    const message = findCondition(status?.conditions, "Ready")?.message ?? "";
    expect(message.replace(host ?? "unix:///var/run/docker.sock", "SOCKET")).toBe(
      `Connecting to SOCKET is not allowed: the controller's own sockets are denied. ${reasonEntry("EndpointDenied").fix}`,
    );
  });

  it("warns at the start that the cluster's networks are not denied", () => {
    expect(controller.output).toContain("--denied-endpoint-cidrs");
  });

  it("asks no registry there either, and says so of the image", async () => {
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await namespace.applyHost("socket", {
      host: `unix://${docker.facts.socket}`,
      updateCheck: { registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }] },
    });
    await namespace.waitFor("socket", { type: "Ready", status: "True" });
    const { status } = await namespace.waitFor("socket", { type: "UpdateCheckSucceeded", status: "False" });
    const item = status?.updates?.items?.find((each) => each.container === container);
    expect(item).toMatchObject({ image, verdict: "Failed", reason: "RegistryDenied" });
    expect(item?.message).toMatch(/^Registry localhost:\d+: connections to (127\.0\.0\.1|::1) are not allowed/);
  });
});

describe("a controller with --require-tls", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let listener: RawServer;

  beforeAll(async () => {
    listener = await startRawServer((socket) => socket.destroy());
    namespace = await TestNamespace.create(kube);
    const sockets = ["--allowed-sockets", docker.facts.socket];
    controller = await Program.controller(kube, namespace.name, [...LOOPBACK, ...sockets, "--require-tls"]);
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await listener?.close();
  });

  const tls = { certSecretRef: { name: "docker-tls" } };
  const ssh = { secretRef: { name: "edge-ssh" }, hostKeyChecking: "Disabled" };
  it.each([
    ["tcp", "tcp://127.0.0.1", { tls: { verify: false, ...tls } }, "PlaintextForbidden"],
    ["http", "http://127.0.0.1", { tls: { verify: true, ...tls } }, "PlaintextForbidden"],
    ["https", "https://127.0.0.1", { tls: { verify: false, ...tls } }, "VerificationRequired"],
    ["ssh", "ssh://docker@127.0.0.1", { ssh }, "VerificationRequired"],
  ])("is Stalled by %s without protection, and dials nothing", async (name, address, spec, reason) => {
    const host = `${address}:${listener.port}`;
    await namespace.applyHost(name, { host, ...spec });
    const { status } = await namespace.waitFor(name, { type: "Stalled", status: "True", reason });
    const ready = findCondition(status?.conditions, "Ready");
    expect(ready).toMatchObject({ status: "False", reason });
    expect(ready?.message).toContain(`Connecting to ${host} is forbidden by --require-tls: `);
    expect(findCondition(status?.conditions, "Reconciling")).toBeUndefined();
    expect(listener.accepted).toBe(0);
  });

  it("connects to a daemon that is verified, and to a local socket", async () => {
    const updateCheck = { suspend: true };
    await namespace.applyHost("verified", { host: docker.facts.host, tls: { verify: true, ...tls }, updateCheck });
    await namespace.applyHost("socket", { host: `unix://${docker.facts.socket}`, updateCheck });
    await namespace.waitFor("verified", { type: "Ready", status: "True" });
    await namespace.waitFor("socket", { type: "Ready", status: "True" });
  });
});
