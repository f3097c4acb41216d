import type { ApiClient } from "../../runtime/api-client.ts";
import type { KubeObject } from "../../runtime/kube-object.ts";
import { UNRESTRICTED } from "../connection-policy.ts";
import type { Finding } from "./finding.ts";

const DEPLOYMENTS = "/apis/apps/v1/deployments";
/** The label that the chart and the plain manifests put on the controller. */
const SELECTOR = "app.kubernetes.io/name=dockerhost-operator";
const FLAG = "--denied-endpoint-cidrs";
const VARIABLE = "DOCKERHOST_DENIED_ENDPOINT_CIDRS";
const NOT_KNOWN = "Cannot find out whether the controller denies the cluster's own networks";

type Deployment = KubeObject & { readonly spec?: unknown };

/** Checks that the controllers deny the cluster's own networks, as far as the user's permissions show it. */
export async function examinePolicy(client: Pick<ApiClient, "list">, signal: AbortSignal): Promise<Finding> {
  const listed = await client.list<Deployment>(DEPLOYMENTS, { signal, labelSelector: SELECTOR, limit: 100 });
  if (!listed.ok) return { level: "warning", message: `${NOT_KNOWN}: ${listed.failure.message}`, advice: UNRESTRICTED };
  const controllers = listed.value.items;
  if (controllers.length === 0) {
    return { level: "warning", message: `${NOT_KNOWN}: no Deployment has the label ${SELECTOR}`, advice: UNRESTRICTED };
  }
  const open = controllers.find((deployment) => !deniesNetworks(deployment));
  if (open === undefined) return { level: "ok", message: `The controller is started with ${FLAG}` };
  const { namespace, name } = open.metadata;
  return {
    level: "warning",
    message: `Deployment ${namespace}/${name} is started without ${FLAG}`,
    advice: UNRESTRICTED,
  };
}

/** Searches the whole pod spec for the flag, since it may be an argument or a variable of any container. */
function deniesNetworks({ spec }: Deployment): boolean {
  const text = JSON.stringify(spec ?? {});
  return text.includes(FLAG) || text.includes(VARIABLE);
}
