import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { series } from "../support/scrape.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const environment = inject("environment");
const { kube, dockers } = connectEnvironment(environment);

/** What a host may cost Prometheus, and what the controller does apart from its hosts. */
const SERIES_PER_HOST = 18;
const SERIES_BESIDE = 600;

describe("the metrics of a running controller", () => {
  let namespace: TestNamespace;
  let controller: Program;
  const docker = dockers.new;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("docker-tls", { ...docker.facts.client });
    const spec = { host: docker.facts.host, tls: { verify: true, certSecretRef: { name: "docker-tls" } } };
    await namespace.applyHost("edge", spec);
    await namespace.applyHost("wrong", { ...spec, tls: { verify: true, certSecretRef: { name: "missing" } } });
    await namespace.waitFor("edge", { type: "UpdateCheckSucceeded", status: "True" });
    await namespace.waitFor("wrong", { type: "Ready", status: "False", reason: "SecretNotFound" });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
  });

  const seriesOf = async (name: string) => {
    const text = await controller.metrics();
    return [...series(text)].filter(([id]) => id.includes(`namespace="${namespace.name}",name="${name}"`));
  };

  it("describe each host, in 18 series at most", async () => {
    await eventually(async () => {
      const edge = await seriesOf("edge");
      expect(edge.length).toBe(SERIES_PER_HOST);
      const value = (start: string) => edge.find(([id]) => id.startsWith(start))?.[1];
      expect(value("dockerhost_ready{")).toBe(1);
      expect(value("dockerhost_certificate_expiry_timestamp_seconds{")).toBeGreaterThan(Date.now() / 1_000);
      expect(value("dockerhost_connection_last_success_timestamp_seconds{")).toBeGreaterThan(Date.now() / 1_000 - 600);
      expect(Object.fromEntries(await seriesOf("wrong"))).toEqual({
        [`dockerhost_ready{namespace="${namespace.name}",name="wrong"}`]: 0,
        [`dockerhost_suspended{namespace="${namespace.name}",name="wrong"}`]: 0,
      });
    });
  });

  it("describe what the controller does", async () => {
    // A pass is counted after its status was written.
    const all = await vi.waitFor(
      async () => {
        const read = series(await controller.metrics());
        expect(read.get('dockerhost_connection_attempts_total{reason="SecretNotFound"}')).toBeGreaterThan(0);
        expect(read.get('workqueue_retries_total{name="connection",controller="connection"}')).toBeGreaterThan(0);
        return read;
      },
      { timeout: 60_000 },
    );
    const sum = (start: string) => [...all].filter(([id]) => id.startsWith(start)).reduce((a, [, b]) => a + b, 0);
    expect(sum("controller_runtime_reconcile_total{")).toBeGreaterThan(0);
    expect(sum("rest_client_requests_total{")).toBeGreaterThan(0);
    expect(sum('reflector_last_event_age_seconds{kind="DockerHost"}')).toBeLessThan(120);
    expect(sum("controller_runtime_reconcile_panics_total{")).toBe(0);
    const beside = [...all.keys()].filter((id) => !id.includes("namespace="));
    expect(beside.length).toBeLessThanOrEqual(SERIES_BESIDE);
  });

  it("are as Prometheus' own linter wants them", async () => {
    const input = await controller.metrics();
    const found = await execute(environment.programs.promtool, ["check", "metrics"], { input });
    expect(found).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("are gone with the host", async () => {
    await namespace.kubectl("delete", "dockerhost", "edge", "wrong");
    await eventually(async () => expect([...(await seriesOf("edge")), ...(await seriesOf("wrong"))]).toEqual([]));
  });
});
