import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { TestNamespace } from "./cluster.ts";
import type { ControllerRights } from "./controller-account.ts";
import { WITHOUT_LIST_OF_SECRETS } from "./deliberate-rights.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.new;

/** A controller that may read a Secret by its name, and not list them. */
describe("a controller that may not list Secrets", () => {
  let namespace: TestNamespace;
  let controller: Program;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    // As where an administrator gives less than the flags ask for.
    const rights: ControllerRights = {
      watchNamespaces: [namespace.name],
      watchSecrets: false,
      serviceAccount: { name: WITHOUT_LIST_OF_SECRETS },
    };
    const flags = [...LOOPBACK, "--health-addr", "127.0.0.1:0", "--metrics-addr", "0"];
    controller = await Program.startController(kube, rights, flags);
    await controller.says("Starting the workers");
  });

  afterAll(async () => {
    await controller?.stop();
    await namespace?.delete();
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
    expect(controller.output.match(/Not allowed to watch; continuing without/g)).toHaveLength(1);
    expect(await controller.probe("/readyz")).toBe("200 ok\n");
  });

  it("finds what changed in a Secret at the host's interval", async () => {
    await namespace.kubectl("patch", "secret", "tls", "--type=json", '-p=[{"op":"remove","path":"/data/key.pem"}]');
    await namespace.waitFor("edge", { type: "Ready", status: "False", reason: "ClientKeyPairIncomplete" }, 30_000);
  });
});
