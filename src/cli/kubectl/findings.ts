import { paintFor } from "../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { writePainted } from "../safe-stream.ts";
import { oneLine } from "../table.ts";
import { wrap } from "../wrap.ts";
import type { Finding } from "./finding.ts";

const LABELS = { ok: ["green", "ok  "], warning: ["yellow", "warn"], problem: ["red", "FAIL"] } as const;

/** Texts begin behind the label. */
const INDENT = " ".repeat(6);
/** A narrower column of text cannot be read. */
const LEAST_WIDTH = 20;

/** Prints findings as they are made, broken to the width of a terminal. Resolves to the exit code. */
export async function reportFindings(findings: AsyncIterable<Finding>, context: CliContext): Promise<number> {
  const paint = paintFor(wantsColour(context, context.stdout));
  const terminal = terminalWidth(context.stdout);
  const lines = (text: string) =>
    terminal === undefined ? [oneLine(text)] : wrap(text, Math.max(LEAST_WIDTH, terminal - INDENT.length));
  let failed = false;
  for await (const { level, message, advice } of findings) {
    const [colour, label] = LABELS[level];
    writePainted(context.stdout, `${paint(colour, label)}  ${lines(message).join(`\n${INDENT}`)}\n`);
    if (advice !== undefined) context.stdout.write(`${INDENT}${lines(advice).join(`\n${INDENT}`)}\n`);
    failed ||= level === "problem";
  }
  return failed ? EXIT.notReady : EXIT.ok;
}
