import { formatDuration } from "../../common/duration.ts";
import type { ReplacementPlan } from "../../replacement/plan.ts";
import { shortDigest } from "../../views/short-digest.ts";
import type { Paint } from "../condition-lines.ts";
import { oneLine } from "../table.ts";
import { wrap } from "../wrap.ts";
import type { Skipped, Target } from "./targets.ts";

/** One update, before it begins. */
export interface PlannedUpdate {
  readonly target: Target;
  readonly plan: ReplacementPlan;
  /** What users should also know, in addition to the plan's own warnings. */
  readonly warnings: readonly string[];
}

export interface PlanLook {
  readonly width: number;
  readonly paint: Paint;
}

/** How a new container proves itself, and what happens if it fails. */
export interface PlanTerms {
  readonly healthTimeout: number;
  readonly stableFor: number;
  readonly keep?: boolean;
}

const LABEL_WIDTH = 11;

/** The lines that show what will be done. They can be read in ten seconds. */
export function planLines(
  host: string,
  updates: readonly PlannedUpdate[],
  skipped: readonly Skipped[],
  terms: PlanTerms,
  { width, paint }: PlanLook,
): readonly string[] {
  const title =
    updates.length === 0
      ? `${host}: no container will be updated.`
      : `${host}: ${updates.length === 1 ? "1 container" : `${updates.length} containers`} will be updated.`;
  return [
    ...wrap(title, width).map((line) => paint("bold", line)),
    ...updates.flatMap((update) => ["", ...updateLines(update, { width, paint })]),
    ...(skipped.length === 0 ? [] : [""]),
    ...skipped.flatMap(({ container, why }) =>
      wrap(`Not updated: ${container}: ${why}`, width).map((line) => paint("yellow", line)),
    ),
    ...(updates.length === 0 ? [] : ["", ...wrap(termsText(terms), width)]),
  ];
}

function updateLines({ target, plan, warnings }: PlannedUpdate, { width, paint }: PlanLook): readonly string[] {
  const others = plan.containers.slice(1);
  const rows: readonly (readonly [label: string, text: string])[] = [
    ["image", target.image],
    ["from", shortDigest(target.running ?? plan.before.imageId)],
    ["to", shortDigest(target.digest)],
    ...others.map(({ name, action, because }) => {
      const why = because === undefined ? "" : `, which ${because}`;
      return [action === "Replace" ? "also" : "restarts", `${name}${why}`] as const;
    }),
    ["stop", plan.stopMs === 0 ? "it is not running" : `at most ${formatDuration(plan.stopMs)}, plus the new start`],
  ];
  return [
    paint("bold", oneLine(target.container)),
    ...rows.flatMap(([label, text]) => indented(label, text, width)),
    ...[...plan.warnings, ...warnings].flatMap((text) =>
      indented("warning", text, width).map((line) => paint("yellow", line)),
    ),
  ];
}

function indented(label: string, text: string, width: number): readonly string[] {
  return wrap(text, Math.max(20, width - LABEL_WIDTH)).map(
    (line, index) => `${index === 0 ? `  ${label}`.padEnd(LABEL_WIDTH) : " ".repeat(LABEL_WIDTH)}${line}`,
  );
}

function termsText({ healthTimeout, stableFor, keep }: PlanTerms): string {
  const proof = `is healthy (within ${formatDuration(healthTimeout)}) or has run for ${formatDuration(stableFor)}`;
  const otherwise =
    keep === true ? "If it fails, both are kept, the old one stopped." : "If it fails, the old one is put back.";
  return `Each old container is kept until the new one ${proof}. ${otherwise}`;
}
