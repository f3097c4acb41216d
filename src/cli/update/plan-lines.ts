import stringWidth from "string-width";
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
  readonly removeOldImage?: boolean;
}

const LABEL_WIDTH = 11;
/** With more containers, the plan would not fit a terminal of 24 rows if each had a line for each fact. */
export const MAX_DETAILED = 3;

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
    ...(updates.length > MAX_DETAILED
      ? ["", ...updates.flatMap((update) => briefLines(update, { width, paint }))]
      : updates.flatMap((update) => ["", ...updateLines(update, { width, paint })])),
    ...(skipped.length === 0 ? [] : [""]),
    ...skipped.flatMap(({ container, why }) =>
      wrap(`Not updated: ${container}: ${why}`, width).map((line) => paint("yellow", line)),
    ),
    ...(updates.length === 0 ? [] : ["", ...wrap(termsText(terms), width)]),
  ];
}

function updateLines(update: PlannedUpdate, look: PlanLook): readonly string[] {
  const { target, plan } = update;
  const rows: readonly Row[] = [
    ["image", target.image],
    ["from", fromOf(update)],
    ["to", toOf(update)],
    ...othersOf(plan),
    ["stop", stopText(plan)],
  ];
  return [
    look.paint("bold", oneLine(target.container)),
    ...rows.flatMap(([label, text]) => indented(label, text, look.width)),
    ...warningLines(update, look),
  ];
}

/** The same facts, with two lines for a container that nothing else depends on. */
function briefLines(update: PlannedUpdate, look: PlanLook): readonly string[] {
  const { target, plan } = update;
  const stop = plan.stopMs === undefined ? "not running" : `stop ${longestStop(plan.stopMs)}`;
  return [
    ...briefHead(target.container, target.image, `${fromOf(update)} to ${toOf(update)}, ${stop}`, look),
    ...othersOf(plan).flatMap(([label, text]) => indented(label, text, look.width)),
    ...warningLines(update, look),
  ];
}

/** A container and its image in two lines, or in more if they are long. */
export function briefHead(container: string, image: string, more: string, { width, paint }: PlanLook): string[] {
  const name = oneLine(container);
  const hasRoom = stringWidth(name) < LABEL_WIDTH;
  const [first = "", ...rest] = wrap(image, room(width)).map((line) => " ".repeat(LABEL_WIDTH) + line);
  const head = hasRoom
    ? [paint("bold", name) + first.slice(stringWidth(name))]
    : [...wrap(name, width).map((line) => paint("bold", line)), first];
  return [...head, ...rest, ...indented("", more, width)];
}

type Row = readonly [label: string, text: string];

function fromOf({ target, plan }: PlannedUpdate): string {
  return shortDigest(target.running ?? plan.before.digest ?? plan.before.imageId);
}

/** Somebody may have named the digest that it has. */
function toOf({ target, plan }: PlannedUpdate): string {
  const isSame = target.digest === plan.before.digest && target.image === plan.before.image;
  return `${shortDigest(target.digest)}${isSame ? ", which it already runs" : ""}`;
}

/** What else is touched. */
function othersOf({ containers, hooks }: ReplacementPlan): readonly Row[] {
  return [
    ...containers.slice(1).map(({ name, action, because }) => {
      const why = because === undefined ? "" : `, which ${because}`;
      return [action === "Replace" ? "also" : "restarts", `${name}${why}`] as const;
    }),
    ...hooks.map((hook) => ["hook", hook] as const),
  ];
}

function warningLines({ plan, warnings }: PlannedUpdate, { width, paint }: PlanLook): readonly string[] {
  return [...plan.warnings, ...warnings].flatMap((text) =>
    indented("warning", text, width).map((line) => paint("yellow", line)),
  );
}

function stopText({ stopMs }: ReplacementPlan): string {
  if (stopMs === undefined) return "it is not running";
  return `${longestStop(stopMs)}, plus the new start`;
}

function longestStop(ms: number): string {
  return ms === 0 ? "immediate" : `at most ${formatDuration(ms)}`;
}

function indented(label: string, text: string, width: number): readonly string[] {
  return wrap(text, room(width)).map(
    (line, index) => `${index === 0 ? `  ${label}`.padEnd(LABEL_WIDTH) : " ".repeat(LABEL_WIDTH)}${line}`,
  );
}

function room(width: number): number {
  return Math.max(20, width - LABEL_WIDTH);
}

function termsText({ healthTimeout, stableFor, keep, removeOldImage }: PlanTerms): string {
  const proof = `is healthy (within ${formatDuration(healthTimeout)}) or has run for ${formatDuration(stableFor)}`;
  const otherwise =
    keep === true ? "If it fails, both are kept, the old one stopped." : "If it fails, the old one is put back.";
  const cleaned = removeOldImage === true ? " Its image is removed afterwards, unless something else uses it." : "";
  return `Each old container is kept until the new one ${proof}. ${otherwise}${cleaned}`;
}
