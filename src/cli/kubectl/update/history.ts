import { findCondition } from "../../../api/conditions.ts";
import type { ContainerUpdateObject } from "../../../api/container-update.ts";
import { toJson, toYaml } from "../../../common/escaped.ts";
import { age } from "../../../views/age.ts";
import { shortDigest } from "../../../views/short-digest.ts";
import { paintFor } from "../../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../../context.ts";
import { EXIT } from "../../exit-codes.ts";
import { type FitColumn, fitTable } from "../../fit-table.ts";
import type { OutputFormat } from "../../output-formats.ts";
import { writePainted } from "../../safe-stream.ts";
import { renderTable } from "../../table.ts";
import type { ClusterFlags } from "../cluster-flags.ts";
import { HostCluster } from "../host-cluster.ts";
import { partsOf, UpdateObjects } from "./update-objects.ts";

export interface HistoryFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

const COLUMNS: readonly FitColumn[] = [
  { name: "CONTAINER" },
  { name: "PHASE", always: true },
  { name: "IMAGE", spare: 1 },
  { name: "FROM", spare: 3 },
  { name: "TO", spare: 2 },
  { name: "DOWNTIME", spare: 4 },
  { name: "AGE" },
  { name: "NAME", spare: 5 },
];

/** `kubectl dockerhost history`: lists the updates of a host that are kept, with the newest first. */
export async function history(name: string, flags: HistoryFlags, context: CliContext): Promise<number> {
  const { stdout, stderr, clock, signal } = context;
  await using cluster = await HostCluster.open(flags, context);
  const host = await cluster.get(name);
  const updates = await new UpdateObjects(cluster, signal).ofHost(host.metadata.name);
  switch (flags.output) {
    case "json":
      stdout.write(`${toJson(updates)}\n`);
      break;
    case "yaml":
      stdout.write(toYaml(updates));
      break;
    case "name":
      for (const { metadata } of updates) stdout.write(`containerupdate.dockerhost.dev/${metadata.name}\n`);
      break;
    case "table":
    case "wide": {
      if (updates.length === 0) stderr.write(`No updates of ${host.metadata.name} are kept.\n`);
      const look = { now: clock.now(), width: terminalWidth(stdout), wide: flags.output === "wide" };
      const paint = paintFor(wantsColour(context, stdout));
      if (updates.length > 0)
        writePainted(stdout, `${historyLines(updates, look, (text) => paint("bold", text)).join("\n")}\n`);
    }
  }
  return EXIT.ok;
}

export function historyLines(
  updates: readonly ContainerUpdateObject[],
  { now, width, wide }: { readonly now: number; readonly width: number | undefined; readonly wide: boolean },
  paintHeader: (text: string) => string,
): readonly string[] {
  const rows = updates.map((update) => ({ cells: cellsOf(update, now, wide), below: messageOf(update) }));
  if (width !== undefined) return fitTable(COLUMNS, rows, { width, paintHeader, paintCell: (text) => text });
  const [header = "", ...lines] = renderTable(
    [...COLUMNS.map(({ name }) => name), "MESSAGE"],
    rows.map(({ cells, below = "" }) => [...cells.map((cell) => cell || "-"), below]),
  );
  return [paintHeader(header), ...lines];
}

function cellsOf({ metadata, spec, status }: ContainerUpdateObject, now: number, wide: boolean): readonly string[] {
  const { container = "", image = "", digest } = partsOf(spec);
  const shown = (text: string | undefined) => (wide ? (text ?? "") : shortDigest(text));
  const { before } = status ?? {};
  return [
    container,
    status?.phase ?? "",
    image,
    shown(before?.digest ?? before?.imageID),
    shown(digest),
    status?.downtime ?? "",
    age(now - Date.parse(metadata.creationTimestamp ?? "")),
    metadata.name,
  ];
}

/** A success needs no words. */
function messageOf({ status }: ContainerUpdateObject): string | undefined {
  return status?.phase === "Succeeded" ? undefined : findCondition(status?.conditions, "Ready")?.message;
}
