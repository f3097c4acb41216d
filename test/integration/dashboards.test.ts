import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { DASHBOARDS } from "../../scripts/chart/dashboards/dashboards.ts";
import { connectEnvironment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { Prometheus, type ScrapeJob } from "../env/prometheus.ts";
import { type SimDaemon, startSimDaemon } from "../sim/daemon.ts";
import { pullImage } from "../sim/pull.ts";
import { type SimRegistry, startSimRegistry } from "../sim/registry.ts";
import { eventually } from "../support/eventually.ts";
import { KEY, startWebhookReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";
import { TestNamespace } from "./cluster.ts";
import { LOOPBACK, Program } from "./program.ts";
import { engines, IDLE_COMMAND, ReplacementWorld } from "./replacement/world.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
/** What a scrape does with labels of hosts that the target has as well. */
const JOBS = ["honours", "renames"] as const;
const OPERATOR_NAMESPACE = "dockerhost-system";

/** What a registry with a rate limit sends with each answer. */
async function startLimiter(registry: SimRegistry) {
  const server = createServer((incoming, answer) => {
    const { url: path, method, headers } = incoming;
    const [host, port] = registry.host.split(":");
    incoming.pipe(
      request({ host, port, path, method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 500, { ...response.headers, "ratelimit-remaining": "76;w=21600" });
        response.pipe(answer);
      }),
    );
  });
  const { port } = await freePorts(["port"]);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { host: `127.0.0.1:${port}`, close: () => void server.close() };
}

describe("the dashboards, on a real Prometheus that scrapes a real controller", () => {
  const [, newest] = engines;
  const world = new ReplacementWorld(newest);
  let namespace: TestNamespace;
  let controller: Program;
  let prometheus: Prometheus;
  let daemon: SimDaemon;
  let registry: SimRegistry;
  let limiter: Awaited<ReturnType<typeof startLimiter>>;
  let receiver: WebhookReceiver;
  let files: string;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    files = await mkdtemp(join(tmpdir(), "dockerhost-dashboards-"));
    await Promise.all([writeFile(join(files, "url"), receiver.url), writeFile(join(files, "key"), KEY)]);
    namespace = await TestNamespace.create(kube);
    const rights = { watchNamespaces: [namespace.name], updates: { enabled: true } } as const;
    const { port } = await freePorts(["port"]);
    controller = await Program.startController(kube, rights, [
      ...LOOPBACK,
      ...["--updates", "--health-addr", "127.0.0.1:0", "--metrics-addr", `127.0.0.1:${port}`],
      ...["--notify", join(files, "url"), "--notify-key-file", join(files, "key"), "--notify-window", "1s"],
      ...["--enable-leader-election", "--leader-election-namespace", namespace.name],
    ]);
    await controller.says("Starting the workers");
    const job = (job_name: string, honor_labels: boolean): ScrapeJob => ({
      job_name,
      honor_labels,
      static_configs: [
        {
          targets: [`127.0.0.1:${port}`],
          labels: { operator_namespace: OPERATOR_NAMESPACE, namespace: OPERATOR_NAMESPACE },
        },
      ],
    });
    prometheus = await Prometheus.start({
      program: environment.programs.prometheus,
      runFolder: environment.kube.server.runFolder,
      jobs: JOBS.map((name) => job(name, name === "honours")),
    });
    registry = await startSimRegistry();
    limiter = await startLimiter(registry);
    await world.removeAll("dashboard-");
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
    await prometheus?.stop();
    await world.removeAll("dashboard-");
    await daemon?.close();
    limiter?.close();
    await receiver?.close();
    await rm(files, { recursive: true, force: true });
    await registry?.close();
  });

  /** Prometheus knows a counter's growth only since its first scrape of it. */
  const scraped = (query: string) =>
    eventually(async () => expect(await prometheus.query(query)).toHaveLength(JOBS.length));

  it("have hosts of each kind, an update and a limited registry to show", async () => {
    const { name, second } = await world.versions("dashboard", [IDLE_COMMAND], [], ["LABEL version=2"]);
    await world.run("dashboard-a", ["--network=none"], name);
    await namespace.applySecret("registry-ca", { "ca.crt": environment.registry.ca });
    await namespace.applySecret("docker-tls", { ...world.docker.facts.client });
    const tls = { verify: true, certSecretRef: { name: "docker-tls" } };
    const registries = [{ host: environment.registry.host, certSecretRef: { name: "registry-ca" } }];
    const edge = { host: world.docker.facts.host, tls, allowUpdates: true, updateCheck: { registries } };
    await namespace.applyHost("edge", edge);
    await namespace.applyHost("down", { host: "tcp://127.0.0.1:9" });
    await namespace.applyHost("paused", { host: "tcp://127.0.0.1:9", suspend: true });
    registry.push("shop/web", "1");
    const { tags, ...image } = pullImage(registry, "shop/web", "1");
    const limited = { ...image, tags: [`${limiter.host}/shop/web:1`], pulledFrom: [`${limiter.host}/shop/web`] };
    const container = { id: "a".repeat(64), name: "web", image: limited.tags[0] ?? "", runs: limited };
    daemon = await startSimDaemon({ images: [limited], containers: [container] });
    await namespace.applyHost("limited", {
      host: `tcp://127.0.0.1:${daemon.port}`,
      updateCheck: { registries: [{ host: limiter.host, insecure: true }] },
    });
    for (const host of ["edge", "limited"])
      await namespace.waitFor(host, { type: "UpdateCheckSucceeded", status: "True" }, 60_000);
    await scraped("dockerhost_container_update_downtime_seconds_count");
    await namespace.apply({
      apiVersion: "dockerhost.dev/v1alpha1",
      kind: "ContainerUpdate",
      metadata: { name: "a" },
      spec: {
        hostRef: { name: "edge" },
        container: "dashboard-a",
        image: name,
        digest: second,
        health: { stableFor: "0s" },
      },
    });
    await namespace.kubectl("wait", "cupd/a", "--for=condition=Ready", "--timeout=60s");
    await scraped("sum by (job) (dockerhost_update_checks_total)");
    await namespace.kubectl("annotate", "dockerhosts", "edge", "limited", "dockerhost.dev/requestedAt=now");
  });

  const queries = DASHBOARDS.flatMap(({ name, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ panel: `${name}: ${title}`, expr }))),
    ),
  );
  const filled = (expr: string, job: string) =>
    Object.entries({
      job,
      operator: ".*",
      namespace: namespace.name,
      name: "edge",
      __rate_interval: "5m",
      __range: "1h",
    }).reduce((text, [variable, value]) => text.replaceAll(new RegExp(`\\$${variable}\\b`, "g"), value), expr);

  describe.each(JOBS)("with a scrape that %s labels", (job) => {
    it("have data in each panel", async () => {
      const empty = async ({ panel, expr }: (typeof queries)[number]) => {
        const samples = await prometheus.query(filled(expr, job));
        return samples.some(({ value: [, value] }) => value !== "NaN") ? [] : [`${panel}: ${filled(expr, job)}`];
      };
      await eventually(async () => expect((await Promise.all(queries.map(empty))).flat()).toEqual([]));
    });

    it("offer the hosts and releases that exist", async () => {
      const variables = DASHBOARDS.flatMap((dashboard) => dashboard.variables);
      for (const { name, query, regex } of variables) {
        const inner = /^query_result\((.*)\)$/.exec(query)?.[1] ?? "";
        const samples = await prometheus.query(filled(inner, job));
        expect(regex).toBe(`/${name}="([^"]+)"/`);
        expect(samples.map(({ metric }) => metric[name])).toContain(name === "name" ? "edge" : namespace.name);
      }
      expect(
        await prometheus.query(filled('dockerhost_container_update_downtime_seconds_count{job=~"$job"}', job)),
      ).toHaveLength(1);
    });
  });

  it("are not about programs that another job scrapes", async () => {
    for (const { panel, expr } of queries) expect(await prometheus.query(filled(expr, "another")), panel).toEqual([]);
  });
});
