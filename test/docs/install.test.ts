import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { definitionName } from "../../src/api/crd.ts";
import { KINDS } from "../../src/api/kinds.ts";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { CHART, HELM_VERSIONS } from "../integration/chart/helm.ts";
import { hostManifest } from "../integration/cluster.ts";
import { may, untilMay, untilMayNot } from "../integration/may.ts";
import { blocksOfPage, CRD, InstallWalk } from "./install-walk.ts";

const { kube } = connectEnvironment(inject("environment"));
const SYSTEM = "dockerhost-system";
/** Kinds of objects that are installed. */
const OBJECTS = [
  ...["deployments", "services", "serviceaccounts", "networkpolicies", "poddisruptionbudgets"],
  ...["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
  ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
];
/** A text of the definition, and what an older one has in its place. */
const TEXT = "Address of the Docker daemon, as in the spec.";
const OLDER = "What an older version said.";

describe.each(HELM_VERSIONS)("docs/install.md with Helm %i", (version) => {
  let walk: InstallWalk;
  let folder: string;
  let uid: string;

  beforeEach(async () => {
    walk = await InstallWalk.create(kube.facts, version);
    folder = await mkdtemp(join(tmpdir(), "dockerhost-older-"));
    await clear();
  });

  afterEach(async () => {
    await walk.close();
    await rm(folder, { recursive: true });
  });

  afterAll(async () => {
    await clear();
    await kube.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "crds/"]);
    for (const kind of KINDS) await kube.untilEstablished(definitionName(kind));
  });

  /** As before anybody installed anything, except for namespaces, which could not go away. */
  async function clear(): Promise<void> {
    await Promise.all([
      kube.kubectl(["delete", OBJECTS.join(","), "-A", "-l", "app.kubernetes.io/part-of=dockerhost-operator"]),
      kube.kubectl(["delete", "secrets", "-A", "-l", "owner=helm"]),
      kube.kubectl(["delete", "crd", ...KINDS.map(definitionName), "--ignore-not-found", "--timeout=120s"]),
    ]);
  }

  async function olderChart(): Promise<string> {
    const path = join(folder, "chart");
    await cp(CHART, path, { recursive: true });
    const file = join(path, "templates/crd.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace(TEXT, OLDER));
    return path;
  }

  async function applyHost(): Promise<void> {
    await kube.untilEstablished(CRD);
    const input = JSON.stringify(hostManifest("edge", { host: "tcp://edge:2376" }));
    await waitUntil("the host to be accepted", 60_000, () =>
      kube.kubectl(["-n", "default", "apply", "-f", "-"], { input }).then(
        () => true,
        () => false,
      ),
    );
    uid = await kube.kubectl(["-n", "default", "get", "dockerhost", "edge", "-o", "jsonpath={.metadata.uid}"]);
  }

  /** What is installed where, after each step: the same host, by which definition, and the controller's permissions. */
  async function expectInstalled(
    where: { namespace: string; name: string } | undefined,
    definition: string = TEXT,
  ): Promise<void> {
    const deployments = ["get", "deployments", "-A", "-l", "app.kubernetes.io/part-of=dockerhost-operator"];
    const account = `system:serviceaccount:${where?.namespace}:${where?.name}`;
    const [crd, host, found] = await Promise.all([
      kube.kubectl(["get", "crd", CRD, "-o", "yaml"]),
      kube.kubectl(["-n", "default", "get", "dockerhost", "edge", "-o", "jsonpath={.metadata.uid}"]),
      kube.kubectl([...deployments, "-o", "jsonpath={.items[*].metadata.namespace}/{.items[*].metadata.name}"]),
      where && untilMay(kube, account, "list", "dockerhosts", "-A"),
    ]);
    expect(crd).toContain(definition);
    expect(host).toBe(uid);
    expect(found).toBe(where === undefined ? "/" : `${where.namespace}/${where.name}`);
  }

  const system = { namespace: SYSTEM, name: "dockerhost-operator" };

  it("installs, upgrades, rolls back, removes and moves a release", async () => {
    const older = await olderChart();
    await walk.run(`helm install dockerhost-operator ${older} --namespace ${SYSTEM} --create-namespace`);
    await applyHost();
    await expectInstalled(system, OLDER);
    await walk.section("a-helm-release");
    await expectInstalled(system);
    await walk.section("roll-back");
    await expectInstalled(system, OLDER);
    await walk.section("only-the-definition");
    await expectInstalled(system);

    // Helm wants to bring the older one back, which kubectl owns now.
    const upgrade = `helm upgrade dockerhost-operator ${older} --namespace ${SYSTEM} --reset-then-reuse-values`;
    const { code, stderr } = await walk.attempt(upgrade);
    if (version === 3) {
      expect(code).toBe(0);
    } else {
      expect(stderr).toMatch(/conflict with "kubectl"[\s\S]*\.spec\.versions/);
      await walk.run(`${upgrade} --force-conflicts`);
    }
    await expectInstalled(system, OLDER);
    await walk.section("a-helm-release");
    await walk.section("remove-a-helm-release");
    await expectInstalled(undefined);
    await walk.section("with-helm");
    await expectInstalled(system);
    await walk.section("to-another-name-or-namespace");
    await expectInstalled({ namespace: "fleet", name: "fleet-dockerhost-operator" });
    const other = await walk.attempt(`helm install other deploy/chart --namespace ${SYSTEM}`);
    expect(other.stderr).toContain("invalid ownership metadata");
  });

  it("installs the plain manifests, and moves between them and Helm", async () => {
    await walk.section("with-kubectl", { index: 0 });
    await applyHost();
    await expectInstalled(system);
    await walk.section("the-plain-manifests");
    await walk.section("from-the-plain-manifests-to-helm", { index: version - 3 });
    await expectInstalled(system);
    await walk.section("a-helm-release");
    await walk.section("from-helm-to-the-plain-manifests");
    await expectInstalled(system);
    await walk.section("remove-the-plain-manifests");
    await expectInstalled(undefined);

    const definition = (await readFile("crds/dockerhost.dev_dockerhosts.yaml", "utf8")).replace(TEXT, OLDER);
    await kube.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { input: definition });
    await walk.section("from-the-plain-manifests-to-helm", { index: version - 3 });
    await expectInstalled(system);
    await walk.section("remove-a-helm-release");
    await walk.section("remove-all-dockerhosts");
    expect(await kube.kubectl(["get", "crd", CRD, "--ignore-not-found"])).toBe("");
  });

  // Without Helm, so that one of its versions is enough.
  if (version === HELM_VERSIONS[0]) {
    it("installs the plain manifests with another image and namespace", async () => {
      await walk.section("with-kubectl", { index: 1 });
      await applyHost();
      await expectInstalled({ namespace: "docker-fleet", name: "dockerhost-operator" });
      const read = ["-n", "docker-fleet", "get", "deployment", "dockerhost-operator", "-o"];
      const container = JSON.parse(await kube.kubectl([...read, "jsonpath={.spec.template.spec.containers[0]}"]));
      expect(container.image).toMatch(/^registry\.example\.com\//);
      expect(container.args).toEqual(
        expect.arrayContaining(["--require-tls", "--denied-endpoint-cidrs=10.244.0.0/16,10.96.0.0/12"]),
      );
      const former = "system:serviceaccount:dockerhost-system:dockerhost-operator";
      await untilMayNot(kube, former, "list", "dockerhosts", "-A");
    });
  }

  it("lets the admin of a namespace install it there", async () => {
    await kube.kubectl(["create", "namespace", "fleet"]).catch(() => undefined);
    const install = (as: string) => walk.section("the-namespace-admin-installs", { as });
    await expect(install("nobody")).rejects.toThrow("forbidden");
    await walk.section("the-cluster-admin-prepares");
    await applyHost();
    await makeAdmin("nadia");
    await install("nadia");
    expect(await kube.kubectl(["-n", "fleet", "get", "deployments", "-o", "name"])).toContain(
      "fleet-dockerhost-operator",
    );
    const account = "system:serviceaccount:fleet:fleet-dockerhost-operator";
    await untilMay(kube, account, "patch", "dockerhosts", "--subresource=status", "-n", "fleet");
    await untilMay(kube, account, "list", "secrets", "-n", "fleet");
    expect(await may(kube, account, "list", "secrets", "-A")).toBe(false);
    // The definition is not the release's to take along.
    await walk.run("helm uninstall fleet --namespace fleet", "nadia");
    await expectInstalled(undefined);
  });

  /** What the cluster's role `admin` has: a controller that does not run here adds these roles up. */
  async function makeAdmin(user: string): Promise<void> {
    const labels = ["admin", "edit", "view"].map((role) => `rbac.authorization.k8s.io/aggregate-to-${role}=true`);
    const names = await Promise.all(
      labels.map((label) =>
        kube.kubectl(["get", "clusterroles", "-l", label, "-o", "jsonpath={.items[*].metadata.name}"]),
      ),
    );
    const roles = new Set(names.flatMap((text) => text.split(" ").filter((name) => name !== "")));
    const items = [...roles].map((name) => ({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: `${user}-${name.replaceAll(":", "-")}`, namespace: "fleet" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    }));
    await kube.kubectl(["apply", "-f", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
    await untilMay(kube, user, "create", "deployments.apps", "-n", "fleet");
  }
});

describe("docs/install.md", () => {
  it("has no command that these tests do not run", async () => {
    const left = (await blocksOfPage()).filter(({ line }) => !InstallWalk.walked.has(line));
    expect(left.map(({ section, text }) => `${section}: ${text}`)).toEqual([]);
  });
});
