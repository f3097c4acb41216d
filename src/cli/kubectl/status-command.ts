import { toJson, toYaml } from "../../common/escaped.ts";
import { paintFor } from "../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { resourceName } from "../output.ts";
import type { OutputFormat } from "../output-formats.ts";
import { writePainted } from "../safe-stream.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { HostCluster } from "./host-cluster.ts";
import { statusPage } from "./status-page.ts";

export interface StatusFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `kubectl dockerhost status NAME`: shows everything known about a host. */
export async function status(name: string, flags: StatusFlags, context: CliContext): Promise<number> {
  const { clock, stdout } = context;
  await using cluster = await HostCluster.open(flags, context);
  const host = await cluster.get(name);
  switch (flags.output) {
    case "json":
      stdout.write(`${toJson(host)}\n`);
      break;
    case "yaml":
      stdout.write(toYaml(host));
      break;
    case "name":
      stdout.write(`${resourceName(host)}\n`);
      break;
    case "table":
    case "wide": {
      const options = {
        now: clock.now(),
        paint: paintFor(wantsColour(context, stdout)),
        wide: flags.output === "wide",
        width: terminalWidth(stdout),
      };
      writePainted(stdout, `${statusPage(host, options).join("\n")}\n`);
    }
  }
  return EXIT.ok;
}
