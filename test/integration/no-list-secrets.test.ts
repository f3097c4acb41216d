import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { Kube } from "../env/kube.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.new;

/** A controller that may read a Secret by its name, and not list them. */
describe("a controller that may not list Secrets", () => {
  let namespace: TestNamespace;
  let controller: Program;
  let folder: string;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    folder = await mkdtemp(join(tmpdir(), "dockerhost-narrow-"));
    const meta = { name: "narrow" };
    const subjects = [{ kind: "ServiceAccount", name: "narrow", namespace: namespace.name }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "narrow" };
    const rules = [
      { apiGroups: ["dockerhost.dev"], resources: ["dockerhosts"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["dockerhost.dev"], resources: ["dockerhosts/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
      { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
    ];
    await namespace.apply(
      { apiVersion: "v1", kind: "ServiceAccount", metadata: meta },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: meta, rules },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: meta, roleRef, subjects },
    );
    const token = (await namespace.kubectl("create", "token", "narrow")).trim();
    const kubeconfig = join(folder, "kubeconfig");
    const cluster = {
      server: kube.facts.url,
      "certificate-authority-data": Buffer.from(kube.facts.ca).toString("base64"),
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: "narrow", user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "narrow" } }],
      "current-context": "test",
    };
    await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    controller = await Program.controller(new Kube({ ...kube.facts, kubeconfig }), namespace.name);
  });

  afterAll(async () => {
    await controller?.stop();
    await namespace?.delete();
    await rm(folder, { recursive: true, force: true });
  });

  it("says so once, is ready, and works", async () => {
    await namespace.applySecret("tls", { ...docker.facts.client });
    await namespace.applyHost("edge", {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      interval: "10s",
      timeout: "5s",
    });
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
    expect(controller.output.match(/Not allowed to watch, going on without/g)).toHaveLength(1);
    expect(await controller.probe("/readyz")).toBe("200 ok\n");
  });

  it("finds what changed in a Secret at the host's interval", async () => {
    await namespace.kubectl("patch", "secret", "tls", "--type=json", '-p=[{"op":"remove","path":"/data/key.pem"}]');
    await namespace.waitFor("edge", { type: "Ready", status: "False", reason: "ClientKeyPairIncomplete" }, 30_000);
  });
});
