import { readAudit } from "../env/audit.ts";
import type { KubeFacts } from "../env/kube.ts";
import { compareRights, formatRights } from "../support/compare-rights.ts";
import { type RightsRule, RightsTally, rightsGranted } from "../support/rights-tally.ts";
import type { SummaryRow } from "../support/summary.ts";
import { Helm } from "./chart/helm.ts";
import { DELIBERATE_RIGHTS } from "./deliberate-rights.ts";

export interface RightsReport {
  readonly rows: readonly SummaryRow[];
  /** For people. */
  readonly text: string;
}

/** What the accounts of the chart have asked of an API server, from its audit log, against what the chart grants. */
export async function reportRights(kube: KubeFacts, isWhole: boolean): Promise<RightsReport> {
  const tally = new RightsTally();
  for await (const event of readAudit(kube.auditFolder)) tally.see(event);
  const rows = compareRights(tally, { granted: await chartRights(kube), deliberate: DELIBERATE_RIGHTS, isWhole });
  return { rows, text: formatRights(tally, rows, DELIBERATE_RIGHTS) };
}

/** What the chart grants a controller of all namespaces that carries out updates, which is all that it grants any. */
async function chartRights(kube: KubeFacts): Promise<readonly string[]> {
  const objects = await new Helm(kube).template({ updates: { enabled: true } }, { only: ["rbac.yaml"] });
  return rightsGranted(objects.flatMap((object) => ("rules" in object ? (object.rules as readonly RightsRule[]) : [])));
}
