import { type CliContext, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { paintFor } from "../report.ts";
import { writePainted } from "../safe-stream.ts";
import { oneLine } from "../table.ts";
import { type ClusterFlags, HostCluster } from "./cluster.ts";
import { examine } from "./examinations.ts";

const LABELS = { ok: ["green", "ok  "], warning: ["yellow", "warn"], problem: ["red", "FAIL"] } as const;

/** `kubectl dockerhost doctor`: checks that everything in the cluster that hosts depend on is present. */
export async function doctor(flags: ClusterFlags, context: CliContext): Promise<number> {
  await using cluster = HostCluster.open(flags, context);
  const paint = paintFor(wantsColour(context, context.stdout));
  let failed = false;
  for await (const { level, message, advice } of examine(cluster, context)) {
    const [colour, label] = LABELS[level];
    writePainted(context.stdout, `${paint(colour, label)}  ${oneLine(message)}\n`);
    if (advice !== undefined) context.stdout.write(`      ${oneLine(advice)}\n`);
    failed ||= level === "problem";
  }
  return failed ? EXIT.notReady : EXIT.ok;
}
