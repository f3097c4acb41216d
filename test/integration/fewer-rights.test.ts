import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { eventually } from "../support/eventually.ts";
import { TestNamespace } from "./cluster.ts";
import type { ControllerRights } from "./controller-account.ts";
import { WITH_FEWER_RIGHTS } from "./deliberate-rights.ts";
import { LOOPBACK, Program } from "./program.ts";

const { kube, dockers } = connectEnvironment(inject("environment"));
const docker = dockers.new;

/** A controller that may read a Secret by its name, and not list them, and knows nothing of ContainerUpdates. */
describe("a controller that may not list Secrets and ContainerUpdates", () => {
  let namespace: TestNamespace;
  let controller: Program;

  beforeAll(async () => {
    namespace = await TestNamespace.create(kube);
    // As where an administrator gives less than the flags ask for.
    const rights: ControllerRights = {
      watchNamespaces: [namespace.name],
      watchSecrets: false,
      without: ["containerupdates"],
      serviceAccount: { name: WITH_FEWER_RIGHTS },
    };
    const flags = [
      ...LOOPBACK,
      "--health-addr",
      "127.0.0.1:0",
      "--metrics-addr",
      "0",
      "--page-bind-address",
      "127.0.0.1:0",
    ];
    controller = await Program.startController(kube, rights, flags);
    await controller.says("Starting the workers");
  });

  afterAll(async () => {
    await controller?.stop();
    await namespace?.delete();
  });

  it("says so once for each, is ready, and works", async () => {
    await namespace.applySecret("tls", { ...docker.facts.client });
    await namespace.applyHost("edge", {
      host: docker.facts.host,
      tls: { verify: true, certSecretRef: { name: "tls" } },
      interval: "10s",
      timeout: "10s",
    });
    await namespace.waitFor("edge", { type: "Ready", status: "True" });
    await eventually(() =>
      expect(controller.output.match(/Not allowed to watch; continuing without/g)).toHaveLength(2),
    );
    expect(await controller.probe("/readyz")).toBe("200 ok\n");
  });

  it("shows its hosts on the page, and says what is missing there", async () => {
    const [, url] = /"url":"(http:[^"]+)"/.exec(controller.output) ?? [];
    const page = async (path: string) => await (await fetch(`${url}${path}`)).text();
    const gap = `In the namespace ${namespace.name}: The controller may not list and watch ContainerUpdates. Add both permissions to its role.`;
    expect(await page("updates")).toContain(gap);
    expect(await page("")).toContain(`/hosts/${namespace.name}/edge`);
    expect(await page("")).not.toContain("The controller may not");
    expect(await page(`hosts/${namespace.name}/edge`)).toContain(gap);
  });

  it("finds what changed in a Secret at the host's interval", async () => {
    await namespace.kubectl("patch", "secret", "tls", "--type=json", '-p=[{"op":"remove","path":"/data/key.pem"}]');
    await namespace.waitFor("edge", { type: "Ready", status: "False", reason: "ClientKeyPairIncomplete" });
  });
});
