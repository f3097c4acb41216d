import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../src/api/conditions.ts";
import { HTTP_WITH_VERIFY, SOCKET_WITH_VERIFY } from "../../src/docker/warnings.ts";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { hostManifest, TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers, registry } = connectEnvironment(inject("environment"));

const engines = [
  {
    label: "Docker 20.10 with a graph driver",
    docker: dockers.old,
    key: "old",
    version: /^20\.10\./,
    store: "graphdriver",
  },
  {
    label: "Docker 29 with containerd's image store",
    docker: dockers.new,
    key: "new",
    version: /^29\./,
    store: "containerd",
  },
] as const;

describe.each(engines)("a DockerHost on $label", ({ docker, key, version, store }) => {
  let namespace: TestNamespace;
  let controller: Program;
  const image = `${registry.facts.host}/main-path/${key}:1`;
  const container = `main-path-${key}`;

  const spec = {
    host: docker.facts.host,
    tls: { verify: true, certSecretRef: { name: "docker-tls" } },
    interval: "10s",
    timeout: "10s",
    updateCheck: { registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }] },
  };

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name, [
      ...LOOPBACK,
      "--allowed-sockets",
      docker.facts.socket,
    ]);
    await namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
    await docker.importImage(image);
    await docker.push(image);
    await docker.runContainer({ name: container, image });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await docker.removeContainer(container);
  });

  it("becomes Ready when the Secret is applied first", async () => {
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
    await namespace.applyHost("edge", spec);
    await namespace.kubectl("wait", "--for=condition=Ready", "dockerhost/edge", "--timeout=60s");
    const { status } = await namespace.host("edge");
    expect(status).toMatchObject({
      endpoint: docker.facts.host.replace("tcp://", "https://"),
      tlsMode: "Mutual",
      engine: {
        version: expect.stringMatching(version),
        imageStore: store,
        os: "linux",
        id: expect.any(String),
        name: expect.any(String),
      },
      certificates: {
        nextExpiry: expect.any(String),
        server: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
        client: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
        ca: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    });
  });

  it("becomes Ready when the DockerHost is applied first", async () => {
    await namespace.applyHost("early", { ...spec, tls: { verify: true, certSecretRef: { name: "late-tls" } } });
    await namespace.waitFor("early", { type: "Ready", status: "False", reason: "SecretNotFound" });
    await namespace.applySecret("late-tls", { ...docker.facts.client });
    await namespace.kubectl("wait", "--for=condition=Ready", "dockerhost/early", "--timeout=60s");
    await namespace.kubectl("delete", "dockerhost", "early");
  });

  it("finds its containers up to date, and the local ones local", async () => {
    const { status } = await namespace.waitFor("edge", { type: "UpdateCheckSucceeded", status: "True" });
    const items = status?.updates?.items ?? [];
    expect(items.find((item) => item.container === container)).toMatchObject({ image, verdict: "UpToDate" });
    expect(items.filter((item) => item.container.startsWith("idle-")).map((item) => item.verdict)).toEqual([
      "LocalImage",
      "LocalImage",
    ]);
    expect(findCondition(status?.conditions, "UpdatesAvailable")).toMatchObject({ status: "False" });
  });

  it("shows an update once it is requested after a push", async () => {
    const before = (await namespace.host("edge")).status?.updates?.items?.find((item) => item.container === container);
    // Elsewhere somebody builds a new image and pushes it under the same tag; this host keeps what it has.
    const other = docker === dockers.old ? dockers.new : dockers.old;
    await other.importImage(image);
    const pushed = await other.push(image);
    await namespace.kubectl("annotate", "dockerhost", "edge", "--overwrite", "dockerhost.dev/requestedAt=first");
    const { status } = await namespace.waitFor("edge", {
      type: "UpdatesAvailable",
      status: "True",
      reason: "UpdatesFound",
    });
    expect(status?.updates?.items?.[0]).toMatchObject({ container, image, verdict: "Outdated", available: pushed });
    expect(status?.updates?.items?.[0]?.running).toBe(before?.running);
    expect(status?.updates?.items?.[0]?.running).not.toBe(pushed);
    expect(status?.updates?.lastHandledRequestedAt).toBe("first");
    const table = await namespace.kubectl("get", "dhost", "edge");
    const [header = "", row = ""] = table.split("\n");
    expect(header).toMatch(/^NAME +HOST +READY +REASON +ENGINE +UPDATES +OUTDATED +CERT EXPIRES +LAST CHECK +AGE$/);
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(160);
    expect(row.slice(header.indexOf("UPDATES")).split(/ +/)[0]).toBe("True");
    expect(row.slice(header.indexOf("OUTDATED")).split(/ +/)[0]).toBe("1");
    await waitUntil("the event of the update", 60_000, async () =>
      (await namespace.events("edge")).some((event) => event.reason === "UpdatesFound" && event.note.includes(pushed)),
    );
    expect(await namespace.kubectl("describe", "dockerhost", "edge")).toContain("UpdatesFound");
  });

  it("has the same result from `dockerhost check`", async () => {
    // The host that was deleted meanwhile had the same daemon, which was worth a warning.
    const inCluster = await namespace.until("edge", "the end of its warning", ({ status }) => {
      return (status?.warnings ?? []).length === 0;
    });
    const manifests = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        hostManifest("edge", spec),
        { apiVersion: "v1", kind: "Secret", metadata: { name: "docker-tls" }, stringData: docker.facts.client },
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "registry-ca" },
          stringData: { "ca.crt": registry.facts.ca },
        },
      ],
    });
    const program = Program.start(["check", "-f", "-", "-o", "json", "--fail-on-updates"], { input: manifests });
    expect(await program.exited).toBe(3);
    const [checked] = (JSON.parse(program.stdout) as { items: (typeof inCluster)[] }).items;
    expect(withoutTimes(checked?.status)).toEqual(withoutTimes(inCluster.status));
  });

  it("has the same result from `dockerhost check` with Docker's own variables", async () => {
    const env = { DOCKER_HOST: docker.facts.host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: docker.facts.certPath };
    const program = Program.start(["check", "-o", "json"], { env });
    // It is connected, but nothing could be checked: Docker's variables name no CA for the registry.
    expect(await program.exited).toBe(1);
    const [checked] = (JSON.parse(program.stdout) as { items: { status: { engine: object; tlsMode: string } }[] })
      .items;
    const { status } = await namespace.host("edge");
    expect(checked?.status).toMatchObject({ tlsMode: "Mutual", engine: { ...status?.engine } });
  });

  it("carries both documented warnings, verbatim, in the status and as events", async () => {
    await namespace.applyHost("insecure", {
      host: docker.facts.host.replace("tcp://", "http://"),
      tls: { verify: true },
    });
    await namespace.applyHost("socket", {
      host: `unix://${docker.facts.socket}`,
      tls: { verify: true },
    });
    const insecure = await namespace.waitFor("insecure", {
      type: "Ready",
      status: "False",
      reason: "ServerRequiresTLS",
    });
    expect(insecure.status?.warnings).toEqual([HTTP_WITH_VERIFY]);
    const socket = await namespace.waitFor("socket", { type: "Ready", status: "True" });
    // In addition to `edge`, which reaches the same daemon.
    expect(socket.status?.warnings).toContain(SOCKET_WITH_VERIFY);
    for (const [name, note] of [
      ["insecure", HTTP_WITH_VERIFY],
      ["socket", SOCKET_WITH_VERIFY],
    ] as const) {
      await waitUntil(`the warning's event of ${name}`, 60_000, async () =>
        (await namespace.events(name)).some((event) => event.type === "Warning" && event.note === note),
      );
    }
  });

  it("shows no key material in any log line, event or status", async () => {
    const [statuses, events] = [
      await namespace.kubectl("get", "dockerhosts", "-o", "yaml"),
      await namespace.kubectl("get", "events", "-o", "yaml"),
    ];
    const key = docker.facts.client["key.pem"];
    const secretLines = key.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
    expect(secretLines.length).toBeGreaterThan(1);
    for (const text of [controller.output, statuses, events]) {
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toContain("PRIVATE KEY");
      expect(text).not.toContain("BEGIN CERTIFICATE");
      for (const line of [...secretLines, Buffer.from(key).toString("base64").slice(0, 60)])
        expect(text).not.toContain(line);
    }
  });
});

/** Everything but when it happened, and what only a request in the cluster leaves. */
function withoutTimes(status: unknown): unknown {
  const dropped = [
    "lastTransitionTime",
    "lastCheckTime",
    "nextCheckTime",
    "lastHandledRequestedAt",
    "observedGeneration",
    "since",
    "firstSeen",
    "at",
  ];
  const kept: unknown = JSON.parse(
    JSON.stringify(status, (name, value: unknown) => (dropped.includes(name) ? undefined : value)),
  );
  const { conditions, ...rest } = kept as { conditions: { type: string }[] };
  // A map by type, whose order says nothing.
  return { ...rest, conditions: conditions.toSorted((a, b) => (a.type < b.type ? -1 : 1)) };
}
