import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parse } from "yaml";
import { DOCKER_HOST } from "../../src/api/docker-host.ts";
import { missingFields, PUBLISHED_SCHEMA_PATH } from "../../src/api/missing-fields.ts";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));

interface Fields {
  properties: Record<string, Fields>;
}

/** What a version from before these fields had. */
const NEW_FIELDS = ["spec.updateCheck", "status.credentials"];

describe("an upgrade with live hosts", () => {
  let namespace: TestNamespace;
  let current: object;
  let older: object;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    current = parse(await readFile("crds/dockerhost.dev_dockerhosts.yaml", "utf8"));
    const without = structuredClone(current) as { spec: { versions: [{ schema: { openAPIV3Schema: Fields } }] } };
    const { spec, status } = without.spec.versions[0].schema.openAPIV3Schema.properties;
    delete spec?.properties.updateCheck;
    delete status?.properties.credentials;
    older = without;
    await namespace.applySecret("docker-tls", { ...dockers.new.facts.client });
    await namespace.applyHost("edge", {
      host: dockers.new.facts.host,
      tls: { verify: true, certSecretRef: { name: "docker-tls" } },
    });
  });

  afterAll(async () => {
    await install(current, []);
    await namespace?.delete();
  });

  /** The API server publishes a changed schema a moment after it was applied. */
  async function install(definition: object, missing: readonly string[]): Promise<void> {
    const args = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    await kube.kubectl(args, { input: JSON.stringify(definition) });
    await waitUntil("the schema to be published", 60_000, async () => {
      const published = missingFields(
        DOCKER_HOST,
        JSON.parse(await kube.kubectl(["get", "--raw", PUBLISHED_SCHEMA_PATH])),
      );
      return JSON.stringify(published) === JSON.stringify(missing);
    });
  }

  /** A controller has looked at the host and written all that the definition has room for. */
  async function becomesReady(): Promise<void> {
    const controller = await Program.controller(kube, namespace.name);
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
    await namespace.until("edge", "its credentials", ({ status }) => status?.credentials?.good !== undefined);
    expect(await controller.stop()).toBe(0);
  }

  it("begins with the definition: the program refuses an older one, and says what to do", async () => {
    await becomesReady();
    const before = await namespace.host("edge");
    await install(older, NEW_FIELDS);
    const flags = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "0"];
    const refused = await Program.startController(kube, { watchNamespaces: [namespace.name] }, flags);
    expect(await refused.exited).toBe(2);
    expect(refused.output).toContain(
      `error: the cluster's CustomResourceDefinition is older than this program and lacks ${NEW_FIELDS.join(", ")}; ` +
        "update it the way it was installed: with helm upgrade, in Git, or with " +
        "kubectl apply --server-side --force-conflicts -f crds/",
    );
    // The older one keeps the host, and what it knows of it.
    const { metadata, status } = await namespace.host("edge");
    expect(metadata).toMatchObject({ uid: before.metadata.uid, generation: before.metadata.generation });
    expect(status?.conditions).toEqual(before.status?.conditions);
    expect(status?.credentials).toBeUndefined();
  });

  it("leads back to where it was, without a change of any spec", async () => {
    const before = await namespace.host("edge");
    await install(current, []);
    await becomesReady();
    const { metadata, status } = await namespace.host("edge");
    expect(metadata).toMatchObject({ uid: before.metadata.uid, generation: before.metadata.generation });
    expect(status?.credentials?.good).toMatchObject({ secret: "docker-tls" });
    const changed = status?.conditions?.filter(({ type }) => type === "Ready");
    expect(changed).toEqual(before.status?.conditions?.filter(({ type }) => type === "Ready"));
  });
});
