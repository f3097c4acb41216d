import { readdir, readFile } from "node:fs/promises";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { API_VERSION } from "../../src/api/group.ts";
import { CommandFailed } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { BAD_HOSTS, GOOD_HOSTS } from "../support/bad-hosts.ts";
import { hostManifest, TestNamespace } from "./cluster.ts";

const { kube } = connectEnvironment(inject("environment"));

describe("the CustomResourceDefinition on a real API server", () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
  });

  const dryRun = (manifest: object) =>
    kube.kubectl(["-n", namespace.name, "apply", "--dry-run=server", "--validate=false", "-f", "-"], {
      input: JSON.stringify(manifest),
    });

  it("accepts every example", async () => {
    const examples = (await readdir("deploy/examples")).map((file) => `deploy/examples/${file}`);
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) {
      const documents = parseAllDocuments(await readFile(example, "utf8")).map((document) => document.toJSON());
      // The page also contains objects for other operators, whose kinds this server does not know.
      const items = documents.filter(({ apiVersion }) => apiVersion === "v1" || apiVersion === API_VERSION);
      expect(items.length, example).toBeGreaterThan(0);
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      const args = ["-n", namespace.name, "apply", "--dry-run=server", "--validate=strict", "-f", "-"];
      await kube.kubectl(args, { input });
    }
  });

  it.each(GOOD_HOSTS)("accepts $what", async ({ spec }) => {
    expect(await dryRun(hostManifest("good", spec))).toContain("created");
  });

  it.each(BAD_HOSTS)("refuses $what", async ({ spec, message }) => {
    const refusal = await dryRun(hostManifest("bad", spec)).then(
      () => "accepted",
      (error: unknown) => (error instanceof CommandFailed ? error.result.stderr : String(error)),
    );
    // kubectl breaks no lines, but quotes the value; the message is unchanged.
    expect(refusal).toContain(message);
  });

  it("refuses a mistyped field, as kubectl asks for by default", async () => {
    const manifest = JSON.stringify(hostManifest("typo", { tls: { verfy: true } }));
    await expect(
      kube.kubectl(["-n", namespace.name, "apply", "--dry-run=server", "-f", "-"], { input: manifest }),
    ).rejects.toThrow('unknown field "spec.tls.verfy"');
  });

  it("fills in the defaults, and marks an object that no controller has seen", async () => {
    await namespace.apply({ apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name: "bare" } });
    const host = await namespace.host("bare");
    expect(host.spec).toEqual({
      host: "unix:///var/run/docker.sock",
      tls: { verify: false, systemRoots: false },
      timeout: "30s",
      interval: "5m",
      suspend: false,
      allowUpdates: false,
    });
    expect(host.status).toEqual({ observedGeneration: -1 });
  });

  it("is found by its short name and by its categories", async () => {
    for (const word of ["dhost", "docker", "all"]) {
      expect(await namespace.kubectl("get", word, "-o", "name")).toContain("dockerhost.dockerhost.dev/bare");
    }
  });

  it("explains its fields with their units and defaults", async () => {
    const tls = await kube.kubectl(["explain", "dockerhost.spec.tls"]);
    expect(tls).toContain("turns tcp:// into https://");
    for (const field of ["caSecretRef", "certSecretRef", "serverName", "systemRoots", "verify"])
      expect(tls).toContain(field);
    const timeout = (await kube.kubectl(["explain", "dockerhost.spec.timeout"])).replace(/\s+/g, " ");
    expect(timeout).toContain("A duration such as 30s, 5m or 1h30m, from 1s to 10m.");
  });
});
