import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { TestNamespace } from "./cluster.ts";
import { Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.old;
/** A watch that cannot be resumed is tried again within 30 s. */
const RETURN_MS = 120_000;

describe("outages", () => {
  let namespace: TestNamespace;
  let controller: Program;
  const spec = (name: string) => ({
    host: docker.facts.host,
    tls: { verify: true, certSecretRef: { name } },
    interval: "10s",
    timeout: "10s",
  });

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    controller = await Program.controller(kube, namespace.name);
    await namespace.applySecret("tls", { ...docker.facts.client });
    await namespace.applyHost("edge", spec("tls"));
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
  });

  afterAll(async () => {
    await namespace?.delete();
    await controller?.stop();
  });

  it("shows a daemon that is stopped, and its return", async () => {
    await docker.stop();
    try {
      const refused = { type: "Connected", status: "False", reason: "ConnectionRefused" } as const;
      const { status } = await namespace.waitFor("edge", refused);
      // What was last seen of the host stays.
      expect(status?.engine?.version).toMatch(/^20\.10\./);
    } finally {
      await docker.start();
    }
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
  });

  it("continues after the API server was restarted, without a restart of its own", async () => {
    await kube.restart();
    expect(controller.hasEnded).toBe(false);
    await namespace.applySecret("after-restart", { ...docker.facts.client });
    await namespace.applyHost("after-restart", { ...spec("after-restart"), interval: "1h" });
    await namespace.waitFor("after-restart", { type: "Ready", status: "True" }, RETURN_MS);
    // The watch of Secrets works again as well: nothing else reports a change this soon.
    await namespace.kubectl(
      "patch",
      "secret",
      "after-restart",
      "--type=json",
      '-p=[{"op":"remove","path":"/data/key.pem"}]',
    );
    await namespace.waitFor(
      "after-restart",
      { type: "Ready", status: "False", reason: "ClientKeyPairIncomplete" },
      RETURN_MS,
    );
    expect(controller.hasEnded).toBe(false);
  });

  it("ends in good order when it is asked to", async () => {
    expect(await controller.stop()).toBe(0);
  });
});
