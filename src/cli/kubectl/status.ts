import { stringify } from "yaml";
import { type CliContext, wantsColour } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { OutputFormat } from "../output.ts";
import { paintFor } from "../report.ts";
import { type ClusterFlags, HostCluster } from "./cluster.ts";
import { statusPage } from "./status-page.ts";

export interface StatusFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `kubectl dockerhost status NAME`: everything that is known of one host, as a page to read. */
export async function status(name: string, flags: StatusFlags, context: CliContext): Promise<number> {
  const { clock, stdout } = context;
  await using cluster = HostCluster.open(flags, context);
  const host = await cluster.get(name);
  switch (flags.output) {
    case "json":
      stdout.write(`${JSON.stringify(host, null, 2)}\n`);
      break;
    case "yaml":
      stdout.write(stringify(host, { lineWidth: 0, aliasDuplicateObjects: false }));
      break;
    case "table":
    case "wide": {
      const options = {
        now: clock.now(),
        paint: paintFor(wantsColour(context, stdout)),
        wide: flags.output === "wide",
      };
      stdout.write(`${statusPage(host, options).join("\n")}\n`);
    }
  }
  return EXIT.ok;
}
