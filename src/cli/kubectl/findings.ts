import { paintFor } from "../condition-lines.ts";
import { type CliContext, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { writePainted } from "../safe-stream.ts";
import { oneLine } from "../table.ts";
import type { Finding } from "./finding.ts";

const LABELS = { ok: ["green", "ok  "], warning: ["yellow", "warn"], problem: ["red", "FAIL"] } as const;

/** Prints findings as they are made. Resolves to the exit code. */
export async function reportFindings(findings: AsyncIterable<Finding>, context: CliContext): Promise<number> {
  const paint = paintFor(wantsColour(context, context.stdout));
  let failed = false;
  for await (const { level, message, advice } of findings) {
    const [colour, label] = LABELS[level];
    writePainted(context.stdout, `${paint(colour, label)}  ${oneLine(message)}\n`);
    if (advice !== undefined) context.stdout.write(`      ${oneLine(advice)}\n`);
    failed ||= level === "problem";
  }
  return failed ? EXIT.notReady : EXIT.ok;
}
