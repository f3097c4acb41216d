import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { type SimDaemon, startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../sim/registry.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));

const PASSWORD = "canary-pa55word";
const WRONG_PASSWORD = "canary-wr0ng";
const base64 = (text: string) => Buffer.from(text).toString("base64");
/** The last line may be a few characters that occur anywhere. */
const body = (pem: string) => pem.split("\n").filter((line) => line.length > 40 && !line.startsWith("-----"));

const dockerConfig = (host: string, password: string) =>
  JSON.stringify({ auths: { [host]: { username: "me", password, auth: base64(`me:${password}`) } } });
const brokenPem = (label: string) =>
  `-----BEGIN ${label}-----\n${base64(`canary of ${label}`)}\n-----END ${label}-----\n`;

/** Everything is used and much is refused, with the most verbose log: nothing may reveal a Secret's content. */
describe("a program that handles secrets", () => {
  const docker = dockers.new;
  let namespace: TestNamespace;
  let controller: Program;
  let registry: SimRegistry;
  let daemon: SimDaemon;

  beforeAll(async () => {
    registry = await startSimRegistry({ auth: { mode: "bearer", username: "me", password: PASSWORD } });
    registry.push("team/app", "1");
    const runs = pullImage(registry, "team/app", "1");
    const container = { id: "7".repeat(64), name: "app", image: runs.tags[0] ?? "", runs };
    daemon = await startSimDaemon({ images: [runs], containers: [container] });
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await daemon?.close();
    await registry?.close();
  });

  const pullSecret = (name: string, config: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": config },
  });

  it("reveals nothing of them in its log, its events, its statuses and its metrics", async () => {
    const { client } = docker.facts;
    await namespace.applySecret("sound", { ...client });
    await namespace.applySecret("broken", { ...client, "key.pem": brokenPem("PRIVATE KEY") });
    await namespace.applySecret("encrypted", { ...client, "key.pem": brokenPem("ENCRYPTED PRIVATE KEY") });
    await namespace.applySecret("ssh", { "ssh-privatekey": brokenPem("OPENSSH PRIVATE KEY"), known_hosts: "canary" });
    await namespace.apply(
      pullSecret("right", dockerConfig(registry.host, PASSWORD)),
      pullSecret("wrong", dockerConfig(registry.host, WRONG_PASSWORD)),
    );
    const mutual = (name: string) => ({ host: docker.facts.host, tls: { verify: true, certSecretRef: { name } } });
    const pulling = (name: string) => ({
      host: `tcp://127.0.0.1:${daemon.port}`,
      updateCheck: { imagePullSecrets: [{ name }], registries: [{ host: registry.host, insecure: true }] },
    });
    await namespace.applyHost("sound", mutual("sound"));
    await namespace.applyHost("broken", mutual("broken"));
    await namespace.applyHost("encrypted", mutual("encrypted"));
    await namespace.applyHost("ssh", { host: "ssh://me@127.0.0.1:1", ssh: { secretRef: { name: "ssh" } } });
    await namespace.applyHost("right", pulling("right"));
    await namespace.applyHost("wrong", pulling("wrong"));

    await namespace.waitFor("sound", { type: "Ready", status: "True" });
    await namespace.waitFor("right", { type: "UpdateCheckSucceeded", status: "True" });
    await namespace.waitFor("wrong", { type: "UpdateCheckSucceeded", status: "False" });
    await namespace.waitFor("broken", { type: "Ready", status: "False", reason: "ClientKeyInvalid" });
    await namespace.waitFor("encrypted", { type: "Ready", status: "False", reason: "ClientKeyEncrypted" });
    await namespace.waitFor("ssh", { type: "Ready", status: "False", reason: "SSHKeyInvalid" });
    expect(registry.counters.byRoute()["GET /token"]).toBeGreaterThan(1);
    await eventually(async () => expect(await namespace.events("broken")).not.toEqual([]));

    const told = {
      log: controller.output,
      events: await namespace.kubectl("get", "events.v1.events.k8s.io", "-o", "json"),
      hosts: await namespace.kubectl("get", "dockerhosts", "-o", "json", "--show-managed-fields"),
      metrics: await controller.metrics(),
    };
    const canaries = [
      "canary-",
      "sim-token-",
      ...[PASSWORD, WRONG_PASSWORD].flatMap((password) => [
        base64(`me:${password}`),
        base64(password).replace(/=+$/, ""),
      ]),
      ...["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"].map((label) => base64(`canary of ${label}`)),
      ...Object.values(client).flatMap(body),
      "-----BEGIN",
      base64("-----BEGIN").slice(0, 12),
    ];
    for (const [where, text] of Object.entries(told)) {
      expect(text.length).toBeGreaterThan(500);
      expect({ where, found: canaries.filter((canary) => text.includes(canary)) }).toEqual({ where, found: [] });
    }
  });
});
