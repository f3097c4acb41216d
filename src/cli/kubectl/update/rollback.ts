import type { ContainerUpdateObject } from "../../../api/container-update.ts";
import type { CliContext } from "../../context.ts";
import { CommandFailed } from "../../exit-codes.ts";
import { HostCluster } from "../host-cluster.ts";
import { type FollowFlags, order } from "./request-update.ts";
import { type Order, partsOf, UpdateObjects } from "./update-objects.ts";

/** `kubectl dockerhost rollback`: updates a container back to what it ran before its last successful update. */
export async function rollback(
  name: string,
  container: string,
  flags: FollowFlags,
  context: CliContext,
): Promise<number> {
  await using cluster = await HostCluster.open(flags, context);
  const host = await cluster.get(name);
  const updates = await new UpdateObjects(cluster, context.signal).ofHost(host.metadata.name);
  const back = orderBack(updates, host.metadata.name, container);
  return await order(host, [back], [], cluster, flags, context);
}

/** @param updates with the newest first */
export function orderBack(updates: readonly ContainerUpdateObject[], host: string, container: string): Order {
  const last = updates.find(
    ({ spec, status }) =>
      partsOf(spec).container === container && status?.phase === "Succeeded" && status.before !== undefined,
  );
  if (last === undefined) {
    throw new CommandFailed(
      `no successful update of container ${container} is known; kubectl dockerhost history ${host} shows all that are kept`,
    );
  }
  const { before, after } = last.status ?? {};
  const image = before?.image ?? partsOf(last.spec).image;
  if (before?.digest === undefined || image === undefined) {
    throw new CommandFailed(
      `the image that container ${container} ran before (${before?.imageID}) has no digest of a registry, so it cannot be named; create the container again on the host`,
    );
  }
  return { container, image, digest: before.digest, running: after?.digest };
}
