import type { DockerHostObject } from "../../api/docker-host.ts";
import { startDeadline } from "../../common/deadline.ts";
import { keyOf } from "../../runtime/kube-object.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { oneLine } from "../table.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import { followHosts, untilObjects } from "./follow.ts";
import { HostCluster } from "./host-cluster.ts";
import { missingFor, type WaitGoal } from "./wait-goals.ts";

export interface WaitFlags extends ClusterFlags {
  readonly all?: boolean;
  readonly for: WaitGoal;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `kubectl dockerhost wait`: waits until all hosts have reached the goal, and says why a host has not. */
export async function wait(names: readonly string[], flags: WaitFlags, context: CliContext): Promise<number> {
  const { clock, stdout, stderr, signal } = context;
  await using cluster = await HostCluster.open(flags, context);
  const wanted = await cluster.select(names, flags.all ?? false);
  await using followed = await followHosts(cluster, context);
  using deadline = startDeadline(signal, "the wait", flags.timeout, clock);
  const missing = (host: DockerHostObject) => missingFor(flags.for, followed.hosts.get(keyOf(host)));
  const reached = await untilObjects(
    followed.hosts,
    () => wanted.every((host) => missing(host) === undefined),
    deadline.signal,
  );
  for (const host of wanted) {
    const why = missing(host);
    if (why === undefined) stdout.write(`dockerhost/${host.metadata.name} is ${flags.for}\n`);
    else stderr.write(oneLine(`error: ${keyOf(host)} is not ${flags.for}: ${why}`).concat("\n"));
  }
  return reached ? EXIT.ok : EXIT.notReady;
}
