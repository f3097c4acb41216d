import { formatDuration, parseDuration } from "../../../common/duration.ts";
import { shortDigest } from "../../../views/short-digest.ts";
import type { Paint } from "../../condition-lines.ts";
import { oneLine } from "../../table.ts";
import { briefHead, MAX_DETAILED } from "../../update/plan-lines.ts";
import type { Skipped } from "../../update/targets.ts";
import { wrap } from "../../wrap.ts";
import type { Order, OrderTerms } from "./update-objects.ts";

const LABEL_WIDTH = 11;

/** The lines that show what will be done. They can be read in ten seconds. */
export function orderLines(
  host: string,
  orders: readonly Order[],
  skipped: readonly Skipped[],
  terms: OrderTerms,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  const count = orders.length === 1 ? "1 container" : `${orders.length} containers`;
  const title = orders.length === 0 ? `${host}: no container will be updated.` : `${host}: ${count} will be updated.`;
  const row = (label: string, text: string) =>
    wrap(text, Math.max(20, width - LABEL_WIDTH)).map(
      (line, index) => `${index === 0 ? `  ${label}`.padEnd(LABEL_WIDTH) : " ".repeat(LABEL_WIDTH)}${line}`,
    );
  const fromOf = ({ running }: Order) =>
    running === undefined ? "an image that is not known here" : shortDigest(running);
  const brief = (order: Order) =>
    briefHead(order.container, order.image, `${fromOf(order)} to ${shortDigest(order.digest)}`, { width, paint });
  const detailed = (order: Order) => [
    "",
    paint("bold", oneLine(order.container)),
    ...row("image", order.image),
    ...row("from", fromOf(order)),
    ...row("to", shortDigest(order.digest)),
  ];
  return [
    ...wrap(title, width).map((line) => paint("bold", line)),
    ...(orders.length > MAX_DETAILED ? ["", ...orders.flatMap(brief)] : orders.flatMap(detailed)),
    ...(skipped.length === 0 ? [] : [""]),
    ...skipped.flatMap(({ container, why }) =>
      wrap(`Not updated: ${container}: ${why}`, width).map((line) => paint("yellow", line)),
    ),
    ...(orders.length === 0 ? [] : ["", ...wrap(termsText(terms), width)]),
  ];
}

function termsText({ healthTimeout = "5m", stableFor = "30s", keep, removeOldImage, hooks }: OrderTerms): string {
  const text = (duration: string) => formatDuration(parseDuration(duration) ?? 0);
  const proof = `is healthy (within ${text(healthTimeout)}) or has run for ${text(stableFor)}`;
  const otherwise =
    keep === true ? "If it fails, both are kept, the old one stopped." : "If it fails, the old one is put back.";
  const cleaned = removeOldImage === true ? " Its image is removed afterwards, unless something else uses it." : "";
  const hooked = hooks === true ? " The lifecycle hooks in the labels of containers are run." : "";
  return `Each old container is kept until the new one ${proof}. ${otherwise}${cleaned}${hooked} Before it changes anything, the controller shows what else is touched and what will differ.`;
}
