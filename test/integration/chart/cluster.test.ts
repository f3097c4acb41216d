import { globSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { findCondition } from "../../../src/api/conditions.ts";
import { updateObject } from "../../../src/cli/kubectl/update/update-objects.ts";
import { setUpBinaries } from "../../env/binaries.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { type NodeCluster, startNodeCluster } from "../../env/node/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryFolder } from "../../support/temp-folder.ts";
import { KEY, startWebhookReceiver, type WebhookReceiver } from "../../support/webhook-receiver.ts";
import { TestNamespace } from "../cluster.ts";
import { IMAGE, OperatorImage } from "../operator-image.ts";
import { Program } from "../program.ts";
import { reportRights } from "../rights-report.ts";
import { StatusWatch } from "../status-watch.ts";
import { CHART, Helm } from "./helm.ts";
import { podsOf, RollOver } from "./roll-over.ts";

const environment = inject("environment");
const { dockers } = connectEnvironment(environment);
const log = (line: string) => console.error(line);
const LAUNCHER = fileURLToPath(new URL("../../../bin/dockerhost.js", import.meta.url));
const NAMESPACE = "dockerhost-system";
const START_MS = 600_000;
/** As OpenShift runs a pod by default: a user of the namespace's range in the group root. */
const OPENSHIFT = {
  runAsNonRoot: true,
  runAsUser: 1_000_680_000,
  runAsGroup: 0,
  fsGroup: 1_000_680_000,
  seccompProfile: { type: "RuntimeDefault" },
};

/** One story, in order, with the pods of a kubelet. */
describe("a release of the chart on a node", { timeout: 600_000 }, () => {
  let cluster: NodeCluster;
  let helm: Helm;
  let fleet: TestNamespace;
  let values: object;
  let statuses: StatusWatch;
  let receiver: WebhookReceiver;

  const pods = () => podsOf(cluster.kube, NAMESPACE);
  const release = (verb: "install" | "upgrade", more: object = {}) =>
    helm
      .run([verb, "operator", CHART, "--namespace", NAMESPACE, "--wait", "--timeout=250s"], { ...values, ...more })
      .catch(explain);

  const wait = (...args: readonly string[]) => cluster.kube.kubectl(["-n", NAMESPACE, "wait", ...args]).catch(explain);

  /** With what the pods had to say. */
  async function explain(error: Error): Promise<never> {
    const state = await cluster.kube.kubectl(["-n", NAMESPACE, "get", "pods,events", "-o", "wide"]);
    const logs = globSync(`${cluster.podLogs}/*/*/*.log`).map((file) => readFileSync(file, "utf8"));
    throw new Error([error.message, state, ...logs].join("\n"));
  }

  /** Asks for a check and waits until it was answered. */
  async function ask(token: string): Promise<void> {
    await fleet.kubectl("annotate", "--overwrite", "dockerhost", "edge", `dockerhost.dev/requestedAt=${token}`);
    const answered = `--for=jsonpath={.status.lastHandledRequestedAt}=${token}`;
    await fleet.kubectl("wait", answered, "--timeout=120s", "dockerhost", "edge").catch(explain);
  }

  beforeAll(async () => {
    const image = await OperatorImage.ensure(dockers.new);
    await image.close();
    const binaries = await setUpBinaries({ log, environment: process.env });
    cluster = await startNodeCluster({ log, binaries });
    await cluster.importImage(dockers.new, IMAGE);
    const { kube, address } = cluster;
    helm = new Helm(kube.facts);
    statuses = new StatusWatch(kube.facts);
    const [repository, tag] = IMAGE.split(":");
    values = {
      image: { repository, tag, pullPolicy: "Never" },
      // The daemon is on the machine of the API server, which hosts are otherwise kept from.
      allowedEndpointCidrs: [address],
      extraEnv: [
        { name: "KUBERNETES_SERVICE_HOST", value: address },
        { name: "KUBERNETES_SERVICE_PORT", value: new URL(kube.facts.url).port },
      ],
    };
    await kube.kubectl(["create", "namespace", NAMESPACE]);
    receiver = await startWebhookReceiver({ host: address });
    const webhook = ["secret", "generic", "webhook", `--from-literal=url=${receiver.url}`, `--from-literal=key=${KEY}`];
    await kube.kubectl(["create", "-n", NAMESPACE, ...webhook]);
    await kube.kubectl(["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"]);
  }, START_MS);

  afterAll(async () => {
    await statuses?.stop();
    await receiver?.close();
    await cluster?.stop();
  });

  it("has ready pods under the restricted Pod Security level", async () => {
    await release("install");
    const ready = (await pods()).map(({ status }) => status.conditions?.find(({ type }) => type === "Ready")?.status);
    expect(ready).toEqual(["True", "True"]);
  });

  it("reaches a daemon over mutual TLS", async () => {
    const { host, client } = cluster.docker.facts;
    fleet = await TestNamespace.create(cluster.kube);
    await fleet.applySecret("docker-tls", { ...client });
    await fleet.applyHost("edge", { host, tls: { verify: true, certSecretRef: { name: "docker-tls" } } });
    await fleet.kubectl("wait", "--for=condition=Ready", "--timeout=120s", "dockerhost", "edge").catch(explain);
    expect((await fleet.host("edge")).status?.tlsMode).toBe("Mutual");
  });

  it("hands the lease over when it is upgraded, and answers all the while", async () => {
    const before = (await pods()).map(({ metadata }) => metadata.name);
    const seen = new RollOver(cluster.kube, NAMESPACE);
    try {
      let upgraded = false;
      const upgrade = async () => {
        const notify = { secret: "webhook", signingKey: "key", name: "production" };
        const more = { logLevel: "debug", podSecurityContext: OPENSHIFT, page: { enabled: true }, notify };
        await release("upgrade", more).finally(() => {
          upgraded = true;
        });
      };
      const askAlways = async () => {
        for (let asked = 1; !upgraded; asked++) await ask(`during-${asked}`);
      };
      await Promise.all([upgrade(), askAlways()]);
      // Helm does not wait for the last of the old pods to end.
      await wait("--for=delete", "--timeout=120s", ...before.map((name) => `pod/${name}`));
      const after = (await pods()).map(({ metadata }) => metadata.name);
      expect(after).toHaveLength(2);
      await eventually(() => {
        const holder = podOf(seen.holders.at(-1));
        expect(after).toContain(holder);
        expect(seen.leaders.at(-1)).toBe(holder);
      });
      await ask("after");
    } finally {
      await seen.stop();
    }
    // Given back each time before another took it, and none came again.
    const led = seen.holders.filter((holder) => holder !== "");
    expect(seen.holders).toEqual(led.flatMap((holder, index) => (index === 0 ? [holder] : ["", holder])));
    expect(led.length).toBeGreaterThan(1);
    expect(new Set(led).size).toBe(led.length);
    // A pod that leads while another does would have been seen before and after it.
    expect(new Set(seen.leaders).size).toBe(seen.leaders.length);
  });

  it("passes helm test, whose pod finds the leader", async () => {
    await helm.run(["test", "operator", "--namespace", NAMESPACE, "--timeout=250s"]).catch(explain);
    const [log = ""] = globSync(`${cluster.podLogs}/*operator-test*/doctor/*.log`);
    expect(readFileSync(log, "utf8")).toMatch(
      /ok {4}operator-dockerhost-operator-\S+ leads with Lease dockerhost-system\//,
    );
  });

  it("shows its page through a port-forward of kubectl", async () => {
    const { kubeconfig, kubectl } = cluster.kube.facts;
    const folder = await temporaryFolder();
    const plugin = join(folder, "kubectl-dockerhost");
    await symlink(LAUNCHER, plugin);
    const env = {
      KUBECACHEDIR: folder,
      PATH: [dirname(kubectl), process.env.PATH].join(delimiter),
      KUBECONFIG: kubeconfig,
    };
    const page = Program.start(["page", "--port", "0"], { env, node: [plugin] });
    try {
      await page.says("Ctrl-C ends the connection");
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(page.output)?.[0] ?? "";
      expect(await (await fetch(`${url}hosts/${fleet.name}/edge`)).text()).toContain("Connected to Docker");
      const events = (await fetch(`${url}events`)).body?.getReader();
      expect(new TextDecoder().decode((await events?.read())?.value)).toMatch(/^event: version\n/);
      await events?.cancel();
    } finally {
      await page.stop();
    }
  });

  it("sends a test message from its container, with the settings that it has", async () => {
    const test = ["/nodejs/bin/node", "/app/dockerhost.mjs", "notify", "test"];
    const exec = ["exec", "-n", NAMESPACE, "deployment/operator-dockerhost-operator", "--", ...test];
    expect(await cluster.kube.kubectl(exec).catch(explain)).toMatch(
      /^The receiver has taken the test message \(HTTP 202/,
    );
    expect(receiver.invalid).toEqual([]);
    expect(receiver.accepted.map(({ body }) => JSON.parse(body).type)).toContain("dev.dockerhost.test.v1");
  });

  it("says that updates are off, and the cluster deletes a ContainerUpdate with its host", async () => {
    const { host, client } = cluster.docker.facts;
    await fleet.applySecret("docker-tls", { ...client });
    const spec = { host, tls: { verify: true, certSecretRef: { name: "docker-tls" } }, allowUpdates: true };
    await fleet.applyHost("brief", spec);
    const order = { container: "web", image: "shop/web:1", digest: `sha256:${"0".repeat(64)}` };
    for (const name of ["brief", "edge"]) {
      // As kubectl dockerhost update creates it.
      await fleet.apply(updateObject(await fleet.host(name), order, {}, `of-${name}`));
      await eventually(async () => {
        const { status } = await fleet.containerUpdate(`of-${name}`);
        expect(findCondition(status?.conditions, "Stalled")).toMatchObject({
          status: "True",
          reason: "UpdatesDisabled",
        });
      });
    }
    await fleet.kubectl("delete", "dockerhost", "brief", "--timeout=60s");
    await fleet.kubectl("wait", "--for=delete", "containerupdate/of-brief", "--timeout=120s");
    expect((await fleet.containerUpdate("of-edge")).status?.phase).toBe("Pending");
  });

  it("has kept the contract of conditions in every status", async () => {
    const { checked, problems } = await statuses.stop();
    expect(checked).toBeGreaterThan(1);
    expect(problems).toEqual([]);
  });

  it("was permitted everything that it requested, only by the roles of the chart", async () => {
    const { rows, text } = await reportRights(cluster.kube.facts, false);
    expect(rows.filter(({ kept }) => !kept)).toEqual([]);
    expect(text).toContain("update coordination.k8s.io/leases");
  });

  it("leaves objects that can be deleted when it is uninstalled", async () => {
    await helm.run(["uninstall", "operator", "--namespace", NAMESPACE, "--wait", "--timeout=180s"]);
    expect((await fleet.host("edge")).status?.tlsMode).toBe("Mutual");
    await fleet.kubectl("delete", "dockerhost", "edge", "--timeout=60s");
    // With all that is in them, which a finalizer would keep.
    await cluster.kube.kubectl(["delete", "namespace", fleet.name, NAMESPACE, "--timeout=180s"]).catch(explain);
  });
});

/** A leader's name is that of its pod and a random part. */
function podOf(holder: string | undefined): string {
  return holder?.split("_")[0] ?? "";
}
