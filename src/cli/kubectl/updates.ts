import { toJson, toYaml } from "../../common/escaped.ts";
import { type CliContext, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { OutputFormat } from "../output.ts";
import { paintFor, shortDigest } from "../report.ts";
import { writePainted } from "../safe-stream.ts";
import { renderTable } from "../table.ts";
import { type ClusterFlags, HostCluster } from "./cluster.ts";
import { type ImageUpdate, updatesByImage } from "./image-updates.ts";

export interface UpdatesFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `kubectl dockerhost updates`: lists the outdated images of the fleet. */
export async function updates(flags: UpdatesFlags, context: CliContext): Promise<number> {
  const { stdout, stderr } = context;
  await using cluster = HostCluster.open(flags, context);
  const hosts = await cluster.list();
  const found = updatesByImage(hosts);
  switch (flags.output) {
    case "json":
      stdout.write(`${toJson(found)}\n`);
      break;
    case "yaml":
      stdout.write(toYaml(found));
      break;
    case "table":
    case "wide": {
      if (found.length === 0) stderr.write(`No updates are known in ${cluster.place}.\n`);
      else writePainted(stdout, `${table(found, flags.output === "wide", wantsColour(context, stdout)).join("\n")}\n`);
    }
  }
  for (const host of hosts.filter(({ status }) => status?.updates?.truncated === true)) {
    const { namespace, name } = host.metadata;
    stderr.write(`Warning: ${namespace}/${name} has more containers than its status lists.\n`);
  }
  return EXIT.ok;
}

function table(found: readonly ImageUpdate[], wide: boolean, colour: boolean): string[] {
  const [header = "", ...lines] = renderTable(
    ["IMAGE", "STATE", "AVAILABLE", "CONTAINERS", "HOSTS", ...(wide ? ["WHERE"] : [])],
    found.map(({ image, verdict, available, newerTag, containers }) => {
      const hosts = new Set(containers.map(({ host }) => host));
      const where = containers.map(({ host, container }) => `${host}:${container}`).join(" ");
      return [
        image,
        verdict,
        newerTag === undefined
          ? ((wide ? available : shortDigest(available)) ?? "")
          : `${newerTag.tag} (${newerTag.change})`,
        String(containers.length),
        String(hosts.size),
        ...(wide ? [where] : []),
      ];
    }),
  );
  return [paintFor(colour)("bold", header), ...lines];
}
