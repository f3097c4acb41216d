import type { Situated } from "./situated.ts";

export type Kstatus = "Current" | "InProgress" | "Failed" | "Terminating";

/**
 * What kstatus (sigs.k8s.io/cli-utils) says about a custom resource whose kind it does not know; `flux`, `kpt` and Helm
 * wait by it. Its rules, in their order, in our own words.
 */
export function kstatus({ metadata, status }: Situated): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== metadata.generation) return "InProgress";
  for (const { type, status: value } of status?.conditions ?? []) {
    if (value !== "True") continue;
    if (type === "Reconciling") return "InProgress";
    if (type === "Stalled") return "Failed";
  }
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
