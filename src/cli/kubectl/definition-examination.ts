import { DOCKER_HOST } from "../../api/docker-host.ts";
import { APPLY_CRD, installedSchema, namedFields, readPublishedSchemas } from "../../dockerhost/installed-schema.ts";
import type { ApiClient } from "../../runtime/api-client.ts";
import type { KubeObject } from "../../runtime/kube-object.ts";
import { deployedBy } from "./deployed-by.ts";
import type { Finding } from "./finding.ts";

type Client = Pick<ApiClient, "raw" | "get">;

const DEFINITION = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${DOCKER_HOST.plural}.${DOCKER_HOST.group}`;

/** Checks that the CustomResourceDefinition has all fields. If not, the advice depends on what manages it. */
export async function examineDefinition(client: Client, signal: AbortSignal): Promise<Finding> {
  const published = await readPublishedSchemas(client, signal);
  if (!published.ok)
    return {
      level: "warning",
      message: `Cannot read the fields of the CustomResourceDefinition: ${published.failure.message}`,
    };
  const schema = installedSchema(DOCKER_HOST, published.value);
  switch (schema.kind) {
    case "current":
      return { level: "ok", message: "The CustomResourceDefinition has all fields of this version" };
    case "absent":
      return {
        level: "problem",
        message: "The CustomResourceDefinition is not installed",
        advice: `Install the operator, or only the definition: ${APPLY_CRD}`,
      };
    case "older": {
      const missing = namedFields(schema.missing);
      return {
        level: "problem",
        message: `The CustomResourceDefinition is older than this program and lacks ${missing}`,
        advice: await updateAdvice(client, signal),
      };
    }
  }
}

/** A user who may not read the definition gets the advice that holds for all. */
async function updateAdvice(client: Client, signal: AbortSignal): Promise<string> {
  const definition = await client.get<KubeObject>(DEFINITION, { signal, accept: "metadata" });
  if (!definition.ok) return `Update it the way it was installed: with helm upgrade, in Git, or with ${APPLY_CRD}`;
  const deployer = deployedBy(definition.value);
  if (deployer === undefined) return APPLY_CRD;
  if (deployer.tool !== "Helm") return `${deployer.tool} manages it: update it in its source.`;
  const { release, namespace } = deployer;
  return `helm upgrade --install ${release} CHART --namespace ${namespace} --reset-then-reuse-values --set crds.enabled=true`;
}
