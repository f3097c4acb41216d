import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { definitionName } from "../../../src/api/crd.ts";
import { KINDS } from "../../../src/api/kinds.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { freePorts } from "../../env/processes/ports.ts";
import { eventually } from "../../support/eventually.ts";
import { TestNamespace } from "../cluster.ts";
import { untilMay } from "../may.ts";
import { OperatorImage } from "../operator-image.ts";
import { CHART, Helm } from "./helm.ts";

const environment = inject("environment");
const { kube, dockers } = connectEnvironment(environment);
const docker = dockers.new;
const helm = new Helm(environment.kube);
// Without a controller manager a namespace cannot go away: no other test uses this one.
const NAMESPACE = "chart-install";
const NAME = "operator-dockerhost-operator";
const CRD = "crd/dockerhosts.dockerhost.dev";

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly metadata: object;
      readonly spec: { readonly serviceAccountName: string; readonly containers: readonly [Container] };
    };
  };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const spec = { host: docker.facts.host, tls: { verify: true, certSecretRef: { name: "docker-tls" } } };

/** One story, in order: installed, used, upgraded, uninstalled. */
describe("a release of the chart", () => {
  let fleet: TestNamespace;
  let image: OperatorImage;
  let values: object;
  let metricsPort: number;

  const deployment = async (name = NAME): Promise<Deployment> =>
    JSON.parse(await kube.kubectl(["-n", NAMESPACE, "get", "deployment", name, "-o", "json"]));

  /** A container like the pods of a Deployment, with the token of their service account. */
  async function startPod(container: string, name: string, watched: string): Promise<void> {
    const pod = (await deployment(name)).spec.template.spec;
    const [{ args, env }] = pod.containers;
    const account = `system:serviceaccount:${NAMESPACE}:${pod.serviceAccountName}`;
    await untilMay(kube, account, "list", "dockerhosts.dockerhost.dev", watched);
    await untilMay(kube, account, "create", "leases.coordination.k8s.io", "-n", NAMESPACE);
    const token = (await kube.kubectl(["-n", NAMESPACE, "create", "token", pod.serviceAccountName])).trim();
    const { url, ca } = kube.facts;
    await image.start(container, {
      args,
      env: Object.fromEntries(env.map(({ name: variable, value }) => [variable, value])),
      account: { url, ca, token, namespace: NAMESPACE },
    });
  }

  /** That the API server refused it nothing, and Node's permissions neither. */
  async function expectAllAllowed(container: string): Promise<void> {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toContain("rest_client_requests_total{");
    expect(metrics).not.toMatch(/^rest_client_requests_total\{[^}]*code="40[13]"/m);
    // What Node's permissions hide from the metrics would be 0.
    expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]/m);
    expect(await image.logs(container)).not.toMatch(/ERR_ACCESS_DENIED|"level":"error"/);
  }

  beforeAll(async () => {
    image = await OperatorImage.ensure(docker);
    metricsPort = (await freePorts(["metrics"])).metrics;
    values = {
      metrics: { port: metricsPort },
      // The daemons of a test are on loopback; the last flag of a name counts.
      allowedEndpointCidrs: ["127.0.0.0/8", "::1"],
      extraArgs: ["--health-addr=127.0.0.1:0"],
    };
    await kube.kubectl(["create", "namespace", NAMESPACE]);
    await kube.kubectl(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"]);
    // As before anybody installed anything.
    await kube.kubectl(["delete", "crd", ...KINDS.map(definitionName), "--timeout=120s"]);
  });

  afterAll(async () => {
    await helm.attempt(["uninstall", "operator", "--namespace", NAMESPACE]);
    await docker.cli(["rm", "--force", "operator", "operator-east"]);
    await kube.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "crds/"]);
    for (const kind of KINDS) await kube.untilEstablished(definitionName(kind));
    await fleet?.delete();
    await image?.close();
  });

  it("installs the resource and everything else", async () => {
    const notes = await helm.run(["install", "operator", CHART, "--namespace", NAMESPACE], values);
    expect(notes).toContain("kubectl apply -f - <<'YAML'");
    for (const kind of KINDS) await kube.untilEstablished(definitionName(kind));
    expect((await deployment()).spec.replicas).toBe(2);
    fleet = await TestNamespace.create(kube);
  });

  it("has a pod that the restricted Pod Security level admits", async () => {
    const { template } = (await deployment()).spec;
    const create = (pod: object) => {
      const input = JSON.stringify({ apiVersion: "v1", kind: "Pod", ...pod });
      return kube.kubectl(["-n", NAMESPACE, "create", "--dry-run=server", "-f", "-"], { input });
    };
    expect(await create({ ...template, metadata: { name: "operator" } })).toContain("pod/operator created");
    const plain = { metadata: { name: "plain" }, spec: { containers: [{ name: "a", image: "a" }] } };
    await expect(create(plain)).rejects.toThrow('violates PodSecurity "restricted');
  });

  it("reaches Ready in a container like the pod's, with the permissions of its own service account", async () => {
    await startPod("operator", NAME, "--all-namespaces");
    await fleet.applySecret("docker-tls", { ...docker.facts.client });
    await fleet.applyHost("edge", spec);
    await fleet.waitFor("edge", { type: "Ready", status: "True" }).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await image.logs("operator")}`);
    });
    await fleet.waitFor("edge", { type: "UpdateCheckSucceeded", status: "True" });
    await expectAllAllowed("operator");
    expect(await image.stop("operator")).toBe(0);
  });

  it("keeps the objects when it is upgraded", async () => {
    const { metadata } = await fleet.host("edge");
    await helm.run(["upgrade", "operator", CHART, "--namespace", NAMESPACE], { ...values, logLevel: "debug" });
    expect((await deployment()).spec.template.spec.containers[0].args).toContain("--log-level=debug");
    const after = (await fleet.host("edge")).metadata;
    expect([after.uid, after.generation]).toEqual([metadata.uid, metadata.generation]);
  });

  it("works for one shard, with permissions in one namespace and none to list Secrets", async () => {
    const shards = [{ name: "east", labelSelector: "zone=east" }];
    const narrow = { ...values, shards, watchNamespaces: [fleet.name], watchSecrets: false };
    await helm.run(["upgrade", "operator", CHART, "--namespace", NAMESPACE], narrow);
    await fleet.applyHost("west", spec);
    await fleet.kubectl("label", "dockerhost", "edge", "zone=east");
    await fleet.kubectl("annotate", "dockerhost", "edge", "dockerhost.dev/requestedAt=by-shard");
    await startPod("operator-east", `${NAME}-east`, `--namespace=${fleet.name}`);
    await eventually(async () => {
      expect((await fleet.host("edge")).status?.lastHandledRequestedAt).toBe("by-shard");
    });
    await fleet.waitFor("edge", { type: "Ready", status: "True" });
    await expectAllAllowed("operator-east");
    expect((await fleet.host("west")).status).toEqual({ observedGeneration: -1 });
    expect(await image.stop("operator-east")).toBe(0);
    await fleet.kubectl("delete", "dockerhost", "west", "--timeout=60s");
  });

  it("keeps the objects when it is uninstalled, and they can be deleted", async () => {
    await helm.run(["uninstall", "operator", "--namespace", NAMESPACE]);
    expect(await kube.kubectl(["-n", NAMESPACE, "get", "all,roles,rolebindings", "-o", "name"])).toBe("");
    expect((await fleet.host("edge")).status?.tlsMode).toBe("Mutual");
    await fleet.kubectl("delete", "dockerhost", "edge", "--timeout=60s");
  });

  it("takes over a resource that was applied manually, if it is configured to", async () => {
    const install = ["install", "operator", CHART, "--namespace", NAMESPACE];
    const [managed, name, namespace] = [
      "app.kubernetes.io/managed-by",
      "meta.helm.sh/release-name",
      "meta.helm.sh/release-namespace",
    ];
    await kube.kubectl(["label", CRD, `${managed}-`]);
    await kube.kubectl(["annotate", CRD, `${name}-`, `${namespace}-`]);
    await expect(helm.run(install, values)).rejects.toThrow("invalid ownership metadata");
    await kube.kubectl(["label", CRD, `${managed}=Helm`]);
    await kube.kubectl(["annotate", CRD, `${name}=operator`, `${namespace}=${NAMESPACE}`]);
    await helm.run(install, values);
    await fleet.applyHost("edge", spec);
  });
});
