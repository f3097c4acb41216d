import { readFileSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { connectEnvironment } from "../env/environment.ts";
import { HELM_VERSIONS, Helm } from "./chart/helm.ts";
import { look } from "./chart/look.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);

const duration = z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/);
const remediation = z.strictObject({
  remediation: z.strictObject({ retries: z.int() }),
  createNamespace: z.boolean().optional(),
});

/**
 * What the documentation of Flux and Argo CD says about the fields that the examples use; any other field is refused.
 */
const SPECS: Readonly<Record<string, z.ZodType>> = {
  "source.toolkit.fluxcd.io/v1/GitRepository": z.strictObject({
    interval: duration,
    url: z.string().regex(/^(https?|ssh):\/\//),
    ref: z.union([z.strictObject({ branch: z.string() }), z.strictObject({ tag: z.string() })]),
  }),
  "helm.toolkit.fluxcd.io/v2/HelmRelease": z.strictObject({
    interval: duration,
    releaseName: z.string().max(53),
    targetNamespace: z.string().max(63),
    install: remediation,
    upgrade: remediation,
    chart: z.strictObject({
      spec: z.strictObject({
        chart: z.string(),
        reconcileStrategy: z.enum(["ChartVersion", "Revision"]),
        sourceRef: z.strictObject({ kind: z.enum(["HelmRepository", "GitRepository", "Bucket"]), name: z.string() }),
      }),
    }),
    values: z.looseObject({}),
  }),
  "kustomize.toolkit.fluxcd.io/v1/Kustomization": z.strictObject({
    interval: duration,
    sourceRef: z.strictObject({ kind: z.literal("GitRepository"), name: z.string() }),
    path: z.string().startsWith("./"),
    targetNamespace: z.string().max(63).optional(),
    prune: z.boolean(),
    wait: z.boolean(),
    timeout: duration,
    dependsOn: z.array(z.strictObject({ name: z.string() })).optional(),
    decryption: z
      .strictObject({ provider: z.literal("sops"), secretRef: z.strictObject({ name: z.string() }) })
      .optional(),
  }),
  "argoproj.io/v1alpha1/Application": z.strictObject({
    project: z.string(),
    source: z.strictObject({
      repoURL: z.string(),
      targetRevision: z.string(),
      path: z.string(),
      helm: z.strictObject({ releaseName: z.string(), valuesObject: z.looseObject({}) }).optional(),
    }),
    destination: z.strictObject({ server: z.string(), namespace: z.string() }),
    syncPolicy: z.strictObject({
      automated: z.strictObject({ prune: z.boolean(), selfHeal: z.boolean() }),
      syncOptions: z.array(z.string().regex(/^\w+=(true|false)$/)),
      retry: z
        .strictObject({
          limit: z.int(),
          backoff: z.strictObject({ duration, factor: z.int(), maxDuration: duration }),
        })
        .optional(),
    }),
  }),
};

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

const documents = (path: string) =>
  parseAllDocuments(readFileSync(`deploy/${path}`, "utf8"), { uniqueKeys: true }).map((each) => {
    expect(each.errors).toEqual([]);
    return each.toJS() as Document;
  });
const named = (path: string, kind: string, name: string) =>
  documents(path).find((each) => each.kind === kind && each.metadata.name === name)?.spec;

describe.each(["flux/operator.yaml", "flux/hosts.yaml", "argocd/applications.yaml"])("deploy/%s", (path) => {
  it("has no field that its tool does not document", () => {
    for (const { apiVersion, kind, spec } of documents(path)) {
      expect(SPECS[`${apiVersion}/${kind}`]?.safeParse(spec).error?.issues ?? []).toEqual([]);
    }
    expect(documents(path).map(({ apiVersion, kind }) => `${apiVersion}/${kind}` in SPECS)).not.toContain(false);
  });
});

describe("an operator that is installed from Git", () => {
  const flux = named("flux/operator.yaml", "HelmRelease", "dockerhost-operator");
  const argo = named("argocd/applications.yaml", "Application", "dockerhost-operator");

  it.each([
    ["Flux", look(flux, "releaseName"), look(flux, "targetNamespace"), look(flux, "values")],
    [
      "Argo CD",
      look(argo, "source.helm.releaseName"),
      look(argo, "destination.namespace"),
      look(argo, "source.helm.valuesObject"),
    ],
  ])("has plain names, an image of its owner, and is accepted: %s", async (_tool, release, namespace, values) => {
    const options = { release: String(release), namespace: String(namespace) };
    await kube.kubectl(["create", "namespace", options.namespace]).catch(() => undefined);
    for (const version of HELM_VERSIONS) {
      const helm = new Helm(environment.kube, version);
      const objects = await helm.template(values as object, options);
      const deployment = objects.find(({ kind }) => kind === "Deployment");
      expect(deployment?.metadata.name).toBe("dockerhost-operator");
      expect(look(deployment, "spec.template.spec.containers.0.image")).toBe(
        "registry.example.com/dockerhost-operator:0.1.0",
      );
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
      await kube.kubectl(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], { input });
    }
  });

  it("is waited for by the hosts of Flux, which wait for each host", () => {
    const hosts = named("flux/hosts.yaml", "Kustomization", "docker-hosts");
    expect(hosts).toMatchObject({ wait: true, dependsOn: [{ name: "docker-operator" }] });
    expect(named("flux/hosts.yaml", "Kustomization", "docker-operator")).toMatchObject({ wait: true });
  });

  it("may come later than the hosts of Argo CD", () => {
    expect(look(named("argocd/applications.yaml", "Application", "docker-hosts"), "syncPolicy.syncOptions")).toContain(
      "SkipDryRunOnMissingResource=true",
    );
  });
});
