import { once } from "node:events";
import { type HostOrder, type SortKey, sortedBy } from "../../views/sort-order.ts";
import { changeLines } from "../change-lines.ts";
import { paintFor } from "../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { hostLines } from "../host-lines.ts";
import { LiveTable } from "../live-table.ts";
import { formatHosts } from "../output.ts";
import type { OutputFormat } from "../output-formats.ts";
import { writePainted } from "../safe-stream.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { followHosts } from "./follow.ts";
import { HostCluster } from "./host-cluster.ts";

export interface ListFlags extends ClusterFlags {
  readonly output: OutputFormat;
  /** Default: on a terminal the hosts that need somebody first, else by name. */
  readonly sortBy?: SortKey;
  readonly watch?: boolean;
}

/** `kubectl dockerhost list`: shows the hosts, and the containers that need attention. */
export async function list(flags: ListFlags, context: CliContext): Promise<number> {
  const { clock, stdout, stderr } = context;
  await using cluster = await HostCluster.open(flags, context);
  if (flags.watch === true) return await watch(cluster, flags, context);
  const hosts = await cluster.list();
  if (hosts.length === 0) stderr.write(`No DockerHosts in ${cluster.place}.\n`);
  const width = terminalWidth(stdout);
  const order = orderOf(flags.sortBy);
  const options = { now: clock.now(), paint: paintFor(wantsColour(context, stdout)), order, width };
  if (hosts.length > 0 || flags.output === "json" || flags.output === "yaml") {
    writePainted(stdout, formatHosts(hosts, flags.output, options));
  }
  return EXIT.ok;
}

function orderOf(sortBy: SortKey | undefined): HostOrder | undefined {
  return sortBy === undefined ? undefined : sortedBy(sortBy);
}

/** On a terminal, keeps the table up to date; otherwise prints it once, and then a line for each change. */
async function watch(cluster: HostCluster, flags: ListFlags, context: CliContext): Promise<number> {
  const { clock, stdout, signal } = context;
  if (flags.output !== "table" && flags.output !== "wide") {
    throw new UsageError(`--watch can only draw a table; leave out --output ${flags.output}`);
  }
  await using followed = await followHosts(cluster, context);
  const { hosts } = followed;
  const order = orderOf(flags.sortBy);
  const wide = flags.output === "wide";
  const colour = wantsColour(context, stdout);
  if (stdout.isTTY === true) {
    const notes = () => (hosts.size === 0 ? [`No DockerHosts in ${cluster.place} yet.`] : []);
    new LiveTable({ hosts, order, wide, colour, notes, stdout, clock, signal }).start();
  } else {
    const lines = hostLines(hosts.list(), { order, wide, now: clock.now(), paint: paintFor(colour) });
    writePainted(stdout, `${lines.join("\n")}\n`);
    hosts.subscribe((change) =>
      stdout.write(
        changeLines(change, clock.now())
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
  }
  if (!signal.aborted) await once(signal, "abort");
  return EXIT.ok;
}
