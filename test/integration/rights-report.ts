import { formatSummary, type SummaryRow } from "../chaos/summary.ts";
import { readAudit } from "../env/audit.ts";
import type { KubeFacts } from "../env/kube.ts";
import { type RightsRule, RightsTally, rightsGranted } from "../support/rights-tally.ts";
import { Helm } from "./chart/helm.ts";
import { DELIBERATELY_REFUSED, DELIBERATELY_UNUSED } from "./deliberate-rights.ts";

/** What the accounts of the chart have asked of an API server, from its audit log. */
export async function tallyRights(kube: KubeFacts): Promise<RightsTally> {
  const tally = new RightsTally();
  for await (const event of readAudit(kube.auditFolder)) tally.see(event);
  return tally;
}

/** What the chart grants a controller of all namespaces, which is all that it grants any. */
export async function chartRights(kube: KubeFacts): Promise<readonly string[]> {
  const objects = await new Helm(kube).template({}, { only: ["rbac.yaml"] });
  return rightsGranted(objects.flatMap((object) => ("rules" in object ? (object.rules as readonly RightsRule[]) : [])));
}

/** What is promised of rights, and what came of it. Whether all of them are used, only a whole run can tell. */
export function judgeRights(tally: RightsTally, granted: readonly string[], isWhole: boolean): readonly SummaryRow[] {
  const refused = [...tally.refused.keys()].filter((call) => DELIBERATELY_REFUSED[call] === undefined);
  const unused = granted.filter((right) => !tally.used.has(right));
  const idle = [
    ...unused.filter((right) => DELIBERATELY_UNUSED[right] === undefined),
    // What is no longer so is to leave the lists.
    ...Object.keys(DELIBERATELY_UNUSED).filter((right) => !unused.includes(right)),
    ...Object.keys(DELIBERATELY_REFUSED).filter((call) => !tally.refused.has(call)),
  ];
  return [
    {
      promise: "no call is refused that no role grants",
      seen: counted(tally.refused, refused) || `0 of ${tally.calls} calls by ${tally.accounts} accounts`,
      kept: refused.length === 0,
    },
    {
      promise: "each is let through by a role of the chart",
      seen: counted(tally.stray, [...tally.stray.keys()]) || "0 by another",
      kept: tally.stray.size === 0,
    },
    isWhole
      ? {
          promise: "each right is used",
          seen: idle.join(", ") || `${granted.length - unused.length} of ${granted.length}`,
          kept: idle.length === 0,
        }
      : { promise: "each right is used", seen: "not judged: not all tests ran and passed", kept: true },
  ];
}

/** The table that ends a run: the promises, what is deliberate, and how often which right was used. */
export function formatRights(tally: RightsTally, rows: readonly SummaryRow[]): string {
  const deliberate = [
    ...[...tally.refused].flatMap(([call, times]) => {
      const reason = DELIBERATELY_REFUSED[call];
      return reason === undefined ? [] : [`refused ${times} times, deliberately: ${call}: ${reason}`];
    }),
    ...[...tally.refusedForAMoment].map(
      ([call, times]) => `refused ${times} times by a server that was starting, and granted: ${call}`,
    ),
    ...Object.entries(DELIBERATELY_UNUSED).map(([right, reason]) => `not used, deliberately: ${right}: ${reason}`),
  ];
  const calls = (counts: ReadonlyMap<string, number>) =>
    [...counts].sort().map(([right, times]) => `${String(times).padStart(8)}  ${right}`);
  const lines = [
    ...deliberate,
    ...["calls by a right that the chart grants:", ...calls(tally.used)],
    ...["calls by what every account may do:", ...calls(tally.everyones)],
  ];
  return [formatSummary("rights of the controllers", rows), ...lines.map((line) => `  ${line}`)].join("\n");
}

function counted(counts: ReadonlyMap<string, number>, keys: readonly string[]): string {
  return keys.map((key) => `${key} (${counts.get(key)} times)`).join("; ");
}
