import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Kube, kubeconfig } from "../env/kube.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { KubeApi } from "../support/kube-api.ts";
import { Helm, type RenderedObject } from "./chart/helm.ts";

/** Values of the chart that affect the permissions of a controller, and permissions that an administrator took away. */
export interface ControllerRights {
  /** The first is that of the release. */
  readonly watchNamespaces: readonly [string, ...string[]];
  readonly watchSecrets?: boolean;
  readonly updates?: { readonly enabled: boolean };
  /** Resources that are removed from the rendered roles. */
  readonly without?: readonly string[];
  readonly serviceAccount?: { readonly name: string };
  readonly shards?: readonly { readonly name: string; readonly labelSelector: string }[];
}

/** Longer than any run, also of `npm run soak`. */
const TOKEN_SECONDS = 24 * 3_600;
const EFFECTIVE_WITHIN_MS = 60_000;

/**
 * Makes the service account of a release of the chart, with the roles that the chart renders for it and nothing else.
 * Resolves to the path of a kubeconfig file with its token, once the API server lets it work.
 */
export async function releaseAccount(
  kube: Kube,
  { without = [], ...values }: ControllerRights,
  release?: string,
): Promise<string> {
  const [namespace] = values.watchNamespaces;
  const only = ["service-account.yaml", "rbac.yaml"];
  const objects = await new Helm(kube.facts).template(values, {
    namespace,
    only,
    ...(release !== undefined && { release }),
  });
  using api = new KubeApi(kube.facts);
  for (const object of objects) await api.apply(pathOf(object), withoutResources(object, without), "helm");
  const account = objects.find(({ kind }) => kind === "ServiceAccount");
  if (account === undefined) throw new Error("the chart renders no service account");
  await untilEffective(api, objects, `system:serviceaccount:${namespace}:${account.metadata.name}`);
  const { body } = await api.create(`${pathOf(account)}/token`, { spec: { expirationSeconds: TOKEN_SECONDS } });
  const { token } = (body as { status: { token: string } }).status;
  const { url, ca, server } = kube.facts;
  const path = join(server.runFolder, `controller-${randomBytes(4).toString("hex")}.kubeconfig`);
  await writeFile(path, kubeconfig(url, ca, token), { mode: 0o600 });
  return path;
}

/** The authorizer learns of roles and bindings a moment after they were written. */
async function untilEffective(api: KubeApi, objects: readonly RenderedObject[], user: string): Promise<void> {
  for (const { metadata } of objects.filter(({ kind }) => kind === "RoleBinding")) {
    const resource = metadata.name.endsWith("-leader-election")
      ? { group: "coordination.k8s.io", resource: "leases", verb: "create" }
      : { group: "dockerhost.dev", resource: "dockerhosts", verb: "list" };
    const resourceAttributes = { ...resource, namespace: metadata.namespace };
    await waitUntil(`${user} to have its rights`, EFFECTIVE_WITHIN_MS, async () => {
      const review = { spec: { user, resourceAttributes } };
      const { body } = await api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
      return (body as { status: { allowed: boolean } }).status.allowed;
    });
  }
}

function withoutResources(object: RenderedObject, resources: readonly string[]): object {
  const { rules } = object as { readonly rules?: readonly { readonly resources: readonly string[] }[] };
  if (rules === undefined) return object;
  return { ...object, rules: rules.filter((rule) => !rule.resources.some((each) => resources.includes(each))) };
}

/** Of an object in a namespace. */
function pathOf({ apiVersion, kind, metadata }: RenderedObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${metadata.namespace}/${kind.toLowerCase()}s/${metadata.name}`;
}
