import { isSuspended, type Situated } from "./situated.ts";

export type ArgoHealth = "Healthy" | "Progressing" | "Degraded" | "Suspended";

/** What is still on its way in a GitOps sync: the Secret, one of its keys, or the permission to read it. */
const MAY_STILL_COME = ["SecretNotFound", "SecretKeyMissing", "ClientKeyPairIncomplete", "SecretUnreadable"];

/** The health that Argo CD is to show for a DockerHost: the last column of the table of conditions. */
export function argoHealth(host: Situated): ArgoHealth {
  const { metadata, status } = host;
  if (metadata.deletionTimestamp !== undefined) return "Progressing";
  if (isSuspended(host)) return "Suspended";
  if (status?.observedGeneration !== metadata.generation) return "Progressing";
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return "Healthy";
  if (ready?.status !== "False" || MAY_STILL_COME.includes(ready.reason)) return "Progressing";
  return "Degraded";
}
