import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));

const specOf = (docker: (typeof dockers)["new"]) => ({
  host: docker.facts.host,
  tls: { verify: true, certSecretRef: { name: "tls" } },
  interval: "1h",
  updateCheck: { suspend: true },
});

describe("DockerHosts that reach the same daemon", () => {
  let namespace: TestNamespace;
  let controller: Program;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    await namespace.applySecret("tls", { ...dockers.new.facts.client });
    controller = await Program.controller(kube, namespace.name);
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
  });

  async function expectWarnings(name: string, expected: readonly RegExp[]): Promise<void> {
    const warnings = async () => (await namespace.host(name)).status?.warnings ?? [];
    await waitUntil(`the warnings of ${name}`, 60_000, async () => {
      const found = await warnings();
      return found.length === expected.length && expected.every((each, index) => each.test(found[index] ?? ""));
    });
  }

  it("name each other, also while one is suspended, until one goes", async () => {
    const spec = specOf(dockers.new);
    await namespace.applyHost("alone", specOf(dockers.old));
    await namespace.applyHost("a", spec);
    await namespace.applyHost("b", spec);
    await expectWarnings("a", [/^DockerHost "b" reaches the same daemon\. /]);
    await expectWarnings("b", [/^DockerHost "a" reaches the same daemon\. /]);
    await namespace.applyHost("a", { ...spec, suspend: true });
    await namespace.applyHost("c", spec);
    await expectWarnings("a", [/^DockerHost "b" and 1 more in this namespace reach the same daemon\. /]);
    await expectWarnings("b", [/^DockerHost "a" and 1 more/]);
    await namespace.kubectl("delete", "dockerhost", "c");
    await expectWarnings("b", [/^DockerHost "a" reaches/]);
    await namespace.applyHost("b", specOf(dockers.old));
    await expectWarnings("a", []);
    await expectWarnings("b", [/^DockerHost "alone" reaches/]);
    await expectWarnings("alone", [/^DockerHost "b" reaches/]);
    await namespace.kubectl("delete", "dockerhost", "b");
    await expectWarnings("alone", []);
    await eventually(async () => {
      const told = (await namespace.events("b")).filter(({ note }) => note.includes("the same daemon"));
      expect(told.map(({ type }) => type)).toContain("Warning");
    });
  });

  it("in two namespaces refer to each other without a name, until one goes", async () => {
    await namespace.kubectl("delete", "dockerhosts", "--all");
    await controller.stop();
    const other = await TestNamespace.create(kube);
    onTestFinished(() => other.delete());
    controller = await Program.controller(kube, `${namespace.name},${other.name}`);
    await other.applySecret("tls", { ...dockers.new.facts.client });
    await namespace.applyHost("here", specOf(dockers.new));
    await other.applyHost("elsewhere", specOf(dockers.new));
    await expectWarnings("here", [/^A DockerHost in another namespace reaches the same daemon\. /]);
    await other.kubectl("delete", "dockerhost", "elsewhere");
    await expectWarnings("here", []);
  });
});
