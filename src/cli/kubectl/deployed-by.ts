import type { KubeObject } from "../../runtime/kube-object.ts";

/** What keeps an object as it is, recognized by the labels and annotations that each of these tools sets. */
export type Deployer =
  | { readonly tool: "Flux" | "Argo CD" }
  | { readonly tool: "Helm"; readonly release: string; readonly namespace: string };

/** Helm comes last: Flux and Argo CD may have rendered its chart. */
export function deployedBy({ metadata: { labels = {}, annotations = {} } }: KubeObject): Deployer | undefined {
  if ("kustomize.toolkit.fluxcd.io/name" in labels || "helm.toolkit.fluxcd.io/name" in labels) return { tool: "Flux" };
  const argo = "argocd.argoproj.io/instance" in labels || "argocd.argoproj.io/tracking-id" in annotations;
  if (argo) return { tool: "Argo CD" };
  const release = annotations["meta.helm.sh/release-name"];
  const namespace = annotations["meta.helm.sh/release-namespace"];
  if (labels["app.kubernetes.io/managed-by"] !== "Helm" || release === undefined || namespace === undefined) return;
  return { tool: "Helm", release, namespace };
}
