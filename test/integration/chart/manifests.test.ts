import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, inject, it } from "vitest";
import { operatorManifest } from "../../../scripts/chart/manifests.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { untilMay } from "../may.ts";
import { CHART, HELM_VERSIONS, Helm } from "./helm.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
const FOLDER = fileURLToPath(new URL("../../../deploy/manifests", import.meta.url));

describe("the plain manifests", () => {
  // Neither the resource, with which the other tests go on, nor the namespace, which could not go away.
  afterAll(() => kube.kubectl(["delete", "--ignore-not-found", "-f", `${FOLDER}/operator.yaml`]));

  it.each(HELM_VERSIONS)("are what Helm %i renders; `npm run manifests` writes them", async (version) => {
    const helm = new Helm(environment.kube, version);
    const rendered = await operatorManifest((args) => helm.run(args), CHART);
    expect(readFileSync(`${FOLDER}/operator.yaml`, "utf8")).toBe(rendered);
    expect(rendered.toLowerCase()).not.toContain("helm");
  });

  it("are installed by kubectl apply -k", async () => {
    await kube.kubectl(["apply", "--server-side", "--force-conflicts", "-k", FOLDER]);
    const deployment = ["get", "deployment", "dockerhost-operator", "-o", "jsonpath={.spec.replicas}"];
    expect(await kube.kubectl(["-n", "dockerhost-system", ...deployment])).toBe("2");
    await kube.untilEstablished("dockerhosts.dockerhost.dev");
    const account = "system:serviceaccount:dockerhost-system:dockerhost-operator";
    await untilMay(kube, account, "get", "secrets", "--all-namespaces");
  });
});
