import type { CliContext } from "../context.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { examine } from "./examinations.ts";
import { reportFindings } from "./findings.ts";
import { HostCluster } from "./host-cluster.ts";

/** `kubectl dockerhost doctor`: checks that everything in the cluster that hosts depend on is present. */
export async function doctor(flags: ClusterFlags, context: CliContext): Promise<number> {
  await using cluster = await HostCluster.open(flags, context);
  return await reportFindings(examine(cluster, context), context);
}
