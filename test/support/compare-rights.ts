import type { Counts, RightsTally } from "./rights-tally.ts";
import { formatSummary, type SummaryRow } from "./summary.ts";

/** What is as it is on purpose, with the reason. */
export interface DeliberateRights {
  /** Calls that are refused: `account: right`. */
  readonly refused: Readonly<Record<string, string>>;
  /** Rights that the chart grants and nothing uses. */
  readonly unused: Readonly<Record<string, string>>;
}

export interface RightsPromise {
  /** What the chart grants. */
  readonly granted: readonly string[];
  readonly deliberate: DeliberateRights;
  /** Only a whole run can show whether all permissions are used. */
  readonly isWhole: boolean;
}

/** A controller asks again and again for what it may not do, but a test may stop it before that. */
const MOST_AT_START = 3;

/** Whether a server that was starting, and did not know the roles yet, refused what the chart grants. */
function isOfStart(call: string, times: number, granted: readonly string[]): boolean {
  return times <= MOST_AT_START && granted.some((right) => call.endsWith(`: ${right}`));
}

/** What is promised about permissions, and whether it was kept. */
export function compareRights(
  tally: RightsTally,
  { granted, deliberate, isWhole }: RightsPromise,
): readonly SummaryRow[] {
  const refused = [...tally.refused]
    .filter(([call, times]) => deliberate.refused[call] === undefined && !isOfStart(call, times, granted))
    .map(([call]) => call);
  const unused = granted.filter((right) => !tally.used.has(right));
  const idle = [
    ...unused.filter((right) => deliberate.unused[right] === undefined),
    // What is no longer so is to leave the lists.
    ...Object.keys(deliberate.unused).filter((right) => !unused.includes(right)),
    ...Object.keys(deliberate.refused).filter((call) => !tally.refused.has(call)),
  ];
  const used = `${granted.length - unused.length} of ${granted.length}`;
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
    {
      promise: "each right is used",
      seen: isWhole ? idle.join(", ") || used : `${used}; not judged, for not all tests ran and passed`,
      kept: !isWhole || idle.length === 0,
    },
  ];
}

/** The table that ends a run: the promises, what is deliberate, and how often which right was used. */
export function formatRights(tally: RightsTally, rows: readonly SummaryRow[], deliberate: DeliberateRights): string {
  const lines = [
    ...[...tally.refused].flatMap(([call, times]) => {
      const reason = deliberate.refused[call];
      return reason === undefined ? [] : [`refused ${times} times, deliberately: ${call}: ${reason}`];
    }),
    ...[...tally.refusedForAMoment].map(
      ([call, times]) => `refused ${times} times by a server that was starting, and granted: ${call}`,
    ),
    ...Object.entries(deliberate.unused).map(([right, reason]) => `not used, deliberately: ${right}: ${reason}`),
    ...["calls by a right that the chart grants:", ...table(tally.used)],
    ...["calls by what every account may do:", ...table(tally.everyones)],
  ];
  return [formatSummary("rights of the controllers", rows), ...lines.map((line) => `  ${line}`)].join("\n");
}

function table(counts: Counts): readonly string[] {
  return [...counts].sort().map(([right, times]) => `${String(times).padStart(8)}  ${right}`);
}

function counted(counts: Counts, keys: readonly string[]): string {
  return keys.map((key) => `${key} (${counts.get(key)} times)`).join("; ");
}
