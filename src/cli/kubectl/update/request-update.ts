import { type DockerHostObject, parseSpec } from "../../../api/docker-host.ts";
import { keyOf } from "../../../runtime/kube-object.ts";
import { isSuspended } from "../../../views/host-state.ts";
import { paintFor } from "../../condition-lines.ts";
import { type CliContext, terminalWidth, wantsColour } from "../../context.ts";
import { CommandFailed, EXIT, UsageError } from "../../exit-codes.ts";
import { writePainted } from "../../safe-stream.ts";
import { canAsk, confirmed } from "../../update/consent.ts";
import { namedTargets, outdatedTargets, type Selection, type Skipped } from "../../update/targets.ts";
import { writeMessage } from "../../wrap.ts";
import type { ClusterFlags } from "../cluster-flags.ts";
import { HostCluster } from "../host-cluster.ts";
import { followUpdates } from "./follow-updates.ts";
import { orderLines } from "./order-lines.ts";
import { placeOrders } from "./place-orders.ts";
import { type Order, type OrderTerms, UpdateObjects } from "./update-objects.ts";

export interface FollowFlags extends ClusterFlags, OrderTerms {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface UpdateFlags extends FollowFlags {
  readonly all?: boolean;
  readonly digest?: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** `kubectl dockerhost update`: creates ContainerUpdates for a host, and follows them to the end. */
export async function update(
  name: string,
  containers: readonly string[],
  flags: UpdateFlags,
  context: CliContext,
): Promise<number> {
  const { digest, all = false } = flags;
  if (digest !== undefined && !DIGEST.test(digest))
    throw new UsageError("--digest must be sha256: and 64 hexadecimal digits");
  if (digest !== undefined && (all || containers.length !== 1)) {
    throw new UsageError("--digest is for one container: name it, without --all");
  }
  if (all === containers.length > 0) {
    throw new UsageError(
      all
        ? "name containers or use --all, but not both"
        : "name the containers to update, or use --all for every outdated one",
    );
  }
  await using cluster = await HostCluster.open(flags, context);
  const host = await cluster.get(name);
  const { targets, skipped } = select(host, containers, flags);
  return await order(host, targets, skipped, cluster, flags, context);
}

function select(host: DockerHostObject, containers: readonly string[], { digest, all }: UpdateFlags): Selection {
  const { updates } = host.status ?? {};
  const items = updates?.items;
  if (items === undefined) {
    throw new CommandFailed(
      `the images of ${keyOf(host)} were not checked yet; kubectl dockerhost status ${host.metadata.name} says why`,
    );
  }
  if (all === true) return outdatedTargets(items);
  if (digest === undefined) return namedTargets(items, containers, updates?.truncated === true);
  const [container = ""] = containers;
  const item = items.find((each) => each.container === container);
  if (item !== undefined) {
    return { targets: [{ container, image: item.image, digest, running: item.running }], skipped: [] };
  }
  return { targets: [], skipped: [{ container, why: "the check does not list a container of this name" }] };
}

/** Shows what will be done, asks on a terminal, creates the objects and follows them. Resolves to the exit code. */
export async function order(
  host: DockerHostObject,
  orders: readonly Order[],
  skipped: readonly Skipped[],
  cluster: HostCluster,
  flags: FollowFlags,
  context: CliContext,
): Promise<number> {
  const { stdout, stderr, signal } = context;
  const look = { width: terminalWidth(stdout) ?? 80, paint: paintFor(wantsColour(context, stdout)) };
  writePainted(stdout, `${orderLines(keyOf(host), orders, skipped, flags, look).join("\n")}\n`);
  const unfit = skipped.some(({ isFine }) => isFine !== true) ? EXIT.notReady : EXIT.ok;
  const problem = orders.length === 0 ? undefined : obstacle(host);
  if (flags.dryRun === true) {
    if (problem !== undefined) writeMessage(stderr, `Warning: ${problem}`);
    stdout.write("\nThis is a dry run: nothing was changed.\n");
    return unfit;
  }
  if (orders.length === 0) return unfit;
  if (problem !== undefined) throw new CommandFailed(problem);
  if (flags.yes !== true && canAsk(context) && !(await confirmed("\nUpdate now?", context))) {
    writeMessage(stderr, "Nothing was changed.");
    return EXIT.notReady;
  }
  const objects = new UpdateObjects(cluster, signal);
  const { updates, isComplete } = await placeOrders(host, orders, objects, flags, context);
  const code = updates.length === 0 ? EXIT.ok : await followUpdates(updates, cluster, objects, flags.timeout, context);
  // What was never begun counts more than what was rolled back.
  return isComplete && unfit === EXIT.ok ? code : EXIT.notReady;
}

/** Says why no update of this host would begin, and what to do. */
function obstacle(host: DockerHostObject): string | undefined {
  const { name, namespace } = host.metadata;
  const spec = parseSpec(host.spec);
  if (spec.ok && !spec.value.allowUpdates) {
    return `${keyOf(host)} does not allow updates; to allow them, run: kubectl patch dockerhost ${name} -n ${namespace} --type=merge -p '{"spec":{"allowUpdates":true}}'`;
  }
  if (isSuspended(host)) {
    return `${keyOf(host)} is suspended; to resume it, run: kubectl dockerhost resume ${name} -n ${namespace}`;
  }
  return undefined;
}
