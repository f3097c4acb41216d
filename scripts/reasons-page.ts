import { CONDITION_TYPES_OF, type ConditionType, type KindName } from "../src/api/condition-types.ts";
import type { ReasonEntry } from "../src/api/reasons/entry.ts";
import { reasons } from "../src/api/reasons.ts";
import { cell } from "./markdown.ts";

const RETRY: Readonly<Record<ReasonEntry["retry"], string>> = {
  backoff: "with increasing delay",
  interval: "at the interval",
  items: "as the reasons of the failed items say",
  none: "after a change",
  never: "never: create another one",
};

const FIRST_KIND: KindName = "DockerHost";

/**
 * Renders docs/reasons.md: every reason with its meaning and what to do, grouped by the kind and condition that show it
 * first.
 */
export function reasonsPage(all: Readonly<Record<string, ReasonEntry>> = reasons): string {
  const kinds = Object.keys(CONDITION_TYPES_OF) as KindName[];
  const sections = kinds.flatMap((kind) => CONDITION_TYPES_OF[kind].flatMap((type) => section(all, kind, type)));
  return [
    "# Reasons",
    "",
    "Every condition and event of a `DockerHost` or a `ContainerUpdate` has one of these reasons. Its message names the host,",
    "Secret or container concerned. Generated from `src/api/reasons/` by `npm run generate`; do not edit.",
    "",
    "The last column says when the operator tries again if nothing changes. A change of the spec, of a Secret that the host",
    "reads, or a request for a check is always answered at once.",
    "",
    "- At the interval: connections at `spec.interval`, update checks at `spec.updateCheck.interval` or `schedule`.",
    "- With increasing delay: connections from 1 s up to 5 min or `spec.interval`, whichever is shorter; update checks from",
    "  1 min up to 1 h, and never later than the next ordinary check or before the time that a rate limit names; a",
    "  `ContainerUpdate` that waits or was interrupted, from 5 s up to 5 min.",
    "",
    ...sections,
  ].join("\n");
}

function section(all: Readonly<Record<string, ReasonEntry>>, kind: KindName, type: ConditionType): readonly string[] {
  const rows = Object.entries(all)
    .filter(([, { kind: of = FIRST_KIND, condition }]) => of === kind && condition === type)
    .map(
      ([reason, { meaning, cause, fix, retry }]) =>
        `| \`${reason}\` | ${[meaning, cause, fix, RETRY[retry]].map(cell).join(" | ")} |`,
    );
  if (rows.length === 0) return [];
  return [
    `## ${kind === FIRST_KIND ? "" : `${kind}: `}${type}`,
    "",
    "| reason | meaning | cause | what to do | tried again |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}
