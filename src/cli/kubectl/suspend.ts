import { keyOf } from "../../runtime/kube-object.ts";
import { isSuspended } from "../../views/host-state.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { deployedBy } from "./deployed-by.ts";
import { HostCluster } from "./host-cluster.ts";

export interface SuspendFlags extends ClusterFlags {
  readonly all?: boolean;
}

/** `kubectl dockerhost suspend` and `resume`: set whether the controller skips hosts. */
export async function setSuspend(
  names: readonly string[],
  suspend: boolean,
  flags: SuspendFlags,
  context: CliContext,
): Promise<number> {
  await using cluster = await HostCluster.open(flags, context);
  const done = suspend ? "suspended" : "resumed";
  for (const host of await cluster.select(names, flags.all ?? false)) {
    if (isSuspended(host) === suspend) {
      context.stdout.write(`dockerhost/${host.metadata.name} is already ${done}\n`);
      continue;
    }
    await cluster.patch(host, { spec: { suspend } });
    context.stdout.write(`dockerhost/${host.metadata.name} ${done}\n`);
    const deployer = deployedBy(host);
    if (deployer !== undefined) {
      context.stderr.write(
        `Warning: ${keyOf(host)} is managed by ${deployer.tool}, which may revert this change; set spec.suspend in its source.\n`,
      );
    }
  }
  return EXIT.ok;
}
