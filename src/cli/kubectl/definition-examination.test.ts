import { describe, expect, it } from "vitest";
import { failure, success } from "../../common/result.ts";
import { examineDefinition } from "./definition-examination.ts";

const { signal } = new AbortController();
const OLDER = { components: { schemas: { "dev.dockerhost.v1alpha1.DockerHost": { properties: { spec: {} } } } } };
const helm = {
  labels: { "app.kubernetes.io/managed-by": "Helm" },
  annotations: { "meta.helm.sh/release-name": "fleet", "meta.helm.sh/release-namespace": "ops" },
};
const APPLY = "kubectl apply --server-side --force-conflicts -f crds/";

async function adviceFor(metadata: object | undefined) {
  const failed = failure({ kind: "Forbidden", message: "403" } as const);
  const examined = await examineDefinition(
    {
      raw: () => Promise.resolve(success(OLDER)),
      get: () => Promise.resolve(metadata === undefined ? failed : success({ metadata } as never)),
    },
    signal,
  );
  expect(examined).toMatchObject({ level: "problem", message: expect.stringContaining("is older than this program") });
  return examined.advice;
}

describe("the advice for an older definition", () => {
  it.each([
    ["whom nobody manages", { name: "a" }, APPLY],
    [
      "of a Helm release",
      helm,
      "helm upgrade --install fleet CHART --namespace ops --reset-then-reuse-values --set crds.enabled=true",
    ],
    ["of a rendered chart", { labels: helm.labels }, APPLY],
    [
      "of a HelmRelease of Flux",
      { ...helm, labels: { ...helm.labels, "helm.toolkit.fluxcd.io/name": "fleet" } },
      "Flux manages it: update it in its source.",
    ],
    [
      "of an Argo CD application",
      { labels: helm.labels, annotations: { "argocd.argoproj.io/tracking-id": "fleet:..." } },
      "Argo CD manages it: update it in its source.",
    ],
    [
      "that may not be read",
      undefined,
      `Update it the way it was installed: with helm upgrade, in Git, or with ${APPLY}`,
    ],
  ])("%s", async (_whose, metadata, advice) => {
    expect(await adviceFor(metadata)).toBe(advice);
  });
});
