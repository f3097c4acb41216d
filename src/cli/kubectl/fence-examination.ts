import type { ApiClient } from "../../runtime/api-client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { UNFENCED } from "../fences.ts";
import type { Finding } from "./examinations.ts";

const DEPLOYMENTS = "/apis/apps/v1/deployments";
/** As the chart and the plain manifests label theirs. */
const SELECTOR = "app.kubernetes.io/name=dockerhost-operator";
const FLAG = "--denied-endpoint-cidrs";
const VARIABLE = "DOCKERHOST_DENIED_ENDPOINT_CIDRS";
const NOT_KNOWN = "It is not known whether the controller denies the cluster's own networks";

type Deployment = KubeObject & { readonly spec?: unknown };

/** Whether the controllers of the cluster keep away from its own networks, as far as the user may see that. */
export async function examineFences(client: Pick<ApiClient, "list">, signal: AbortSignal): Promise<Finding> {
  const listed = await client.list<Deployment>(DEPLOYMENTS, { signal, labelSelector: SELECTOR, limit: 100 });
  if (!listed.ok) return { level: "warning", message: `${NOT_KNOWN}: ${listed.failure.message}`, advice: UNFENCED };
  const controllers = listed.value.items;
  if (controllers.length === 0) {
    return { level: "warning", message: `${NOT_KNOWN}: no Deployment has the label ${SELECTOR}`, advice: UNFENCED };
  }
  const open = controllers.find((deployment) => !deniesNetworks(deployment));
  if (open === undefined) return { level: "ok", message: `The controller is started with ${FLAG}` };
  const { namespace, name } = open.metadata;
  return { level: "warning", message: `Deployment ${namespace}/${name} is started without ${FLAG}`, advice: UNFENCED };
}

/** The pod's arguments and variables are searched for the flag, wherever they stand. */
function deniesNetworks({ spec }: Deployment): boolean {
  const text = JSON.stringify(spec ?? {});
  return text.includes(FLAG) || text.includes(VARIABLE);
}
