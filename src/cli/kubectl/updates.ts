import type { DockerHostObject } from "../../api/docker-host.ts";
import { toJson, toYaml } from "../../common/escaped.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import { type ImageUpdate, updatesByImage } from "../../views/image-updates.ts";
import { shortDigest } from "../../views/short-digest.ts";
import { inOrder } from "../../views/sort-order.ts";
import { paintFor } from "../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type FitColumn, fitTable } from "../fit-table.ts";
import { resourceName } from "../output.ts";
import type { OutputFormat } from "../output-formats.ts";
import { writePainted } from "../safe-stream.ts";
import { renderTable } from "../table.ts";
import { failedCheckLine } from "../update-lines.ts";
import { writeMessage } from "../wrap.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { HostCluster } from "./host-cluster.ts";

export interface UpdatesFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `kubectl dockerhost updates`: lists the outdated images of the fleet, and what could not be checked. */
export async function updates(flags: UpdatesFlags, context: CliContext): Promise<number> {
  const { stdout, stderr } = context;
  await using cluster = await HostCluster.open(flags, context);
  const hosts = await cluster.list();
  const found = updatesByImage(hosts);
  const failures = inOrder(hosts).flatMap((host) => failedCheckLine(host, keyOf(host), context.clock.now()) ?? []);
  switch (flags.output) {
    case "json":
      stdout.write(`${toJson(found)}\n`);
      break;
    case "yaml":
      stdout.write(toYaml(found));
      break;
    case "name":
      for (const host of inOrder(hosts).filter(isIn(found))) stdout.write(`${resourceName(host)}\n`);
      break;
    case "table":
    case "wide":
      if (found.length === 0 && failures.length === 0) stderr.write(`No updates are known in ${cluster.place}.\n`);
      if (found.length > 0) writePainted(stdout, `${table(found, flags.output === "wide", context).join("\n")}\n`);
  }
  for (const failure of failures) writeMessage(stderr, `Warning: ${failure}`);
  for (const host of hosts.filter(({ status }) => status?.updates?.truncated === true)) {
    const { namespace, name } = host.metadata;
    stderr.write(`Warning: ${namespace}/${name} has more containers than its status lists.\n`);
  }
  return EXIT.ok;
}

/** Returns a test for hosts that have an update; a check that failed is none. */
function isIn(found: readonly ImageUpdate[]): (host: DockerHostObject) => boolean {
  const updates = found.filter(({ verdict }) => verdict !== "Failed");
  const keys = new Set(updates.flatMap(({ containers }) => containers.map(({ host }) => host)));
  return (host) => keys.has(keyOf(host));
}

const COLUMNS: readonly FitColumn[] = [
  { name: "IMAGE" },
  { name: "STATE" },
  { name: "AVAILABLE", spare: 1 },
  { name: "CONTAINERS" },
  { name: "HOSTS" },
  { name: "WHERE" },
];

function table(found: readonly ImageUpdate[], wide: boolean, context: CliContext): string[] {
  const paint = paintFor(wantsColour(context, context.stdout));
  const columns = wide ? COLUMNS : COLUMNS.slice(0, -1);
  const rows = found.map((update) => ({
    cells: cellsOf(update, wide).slice(0, columns.length),
    below: update.message,
  }));
  const width = terminalWidth(context.stdout);
  const paintHeader = (text: string) => paint("bold", text);
  if (width !== undefined) return fitTable(columns, rows, { width, paintHeader, paintCell: (text) => text });
  const hasFailed = found.some(({ verdict }) => verdict === "Failed");
  const [header = "", ...lines] = renderTable(
    [...columns.map(({ name }) => name), ...(hasFailed ? ["DETAIL"] : [])],
    rows.map(({ cells, below = "" }) => [...cells, ...(hasFailed ? [below] : [])]),
  );
  return [paintHeader(header), ...lines];
}

function cellsOf({ image, verdict, available, newerTag, containers }: ImageUpdate, wide: boolean): string[] {
  const digest = (wide ? available : shortDigest(available)) ?? "";
  return [
    image,
    verdict,
    newerTag === undefined ? digest : `${newerTag.tag} (${newerTag.change})`,
    String(containers.length),
    String(new Set(containers.map(({ host }) => host)).size),
    containers.map(({ host, container }) => `${host}:${container}`).join(" "),
  ];
}
