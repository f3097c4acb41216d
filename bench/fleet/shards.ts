import type { Kube } from "../../test/env/kube.ts";
import { BundledController } from "./bundled-controller.ts";
import { ClusterHosts } from "./cluster-hosts.ts";
import type { FleetShapeOptions } from "./options.ts";
import { rowsOf, untilPasses } from "./parts.ts";
import type { FleetRow } from "./rows.ts";

const SHARDS = 3;
const PATIENCE_SECONDS = 600;

/** Part 5: three controllers with a third of the hosts each; then one third moves to another one by its label. */
export async function shards(kube: Kube, shape: FleetShapeOptions): Promise<readonly FleetRow[]> {
  const row = rowsOf(5);
  await using hosts = await ClusterHosts.start(kube, { ...shape, hosts: shape.hosts * SHARDS }, SHARDS);
  await using stack = new AsyncDisposableStack();
  const began = performance.now();
  const controllers = await Promise.all(
    Array.from({ length: SHARDS }, async (_, shard) =>
      stack.use(await BundledController.start(kube, hosts.namespace, `shard=${shard}`)),
    ),
  );
  await hosts.settled(PATIENCE_SECONDS);
  const seconds = (performance.now() - began) / 1_000;
  const { daemons } = await hosts.takeTraffic();
  const looks = await Promise.all(controllers.map((controller) => controller.look()));
  const rows = [
    row(`${hosts.size} hosts in ${SHARDS} shards: cold start`, seconds, "s"),
    ...looks.flatMap((look, shard) => [
      row(`shard ${shard}: peak memory`, look.peakMiB, "MiB"),
      row(`shard ${shard}: event loop delay, p99`, look.loopP99Ms, "ms"),
      row(`shard ${shard}: CPU`, look.cpuSeconds, "s"),
      row(`shard ${shard}: writes to the API server per host`, look.apiWrites / shape.hosts, ""),
    ]),
    row("requests to daemons per host", daemons / hosts.size, ""),
  ];
  const taker = controllers[1];
  if (taker === undefined) throw new Error("there is no second shard");
  const passesBefore = (await taker.look()).passes;
  const versions = await hosts.versions();
  const movedAt = performance.now();
  const moved = await hosts.move(SHARDS, 0, 1);
  await untilPasses(taker, passesBefore + moved);
  const after = await taker.look();
  await Promise.all(controllers.map((controller) => controller.stop()));
  const written = [...(await hosts.versions())].filter((version) => !versions.has(version)).length;
  return [
    ...rows,
    row(`${moved} hosts moved to another shard and passed there`, (performance.now() - movedAt) / 1_000, "s"),
    row("objects written by the move, beyond the labels", written - moved, "", 0),
    row("the shard that took them: peak memory", after.peakMiB, "MiB"),
  ];
}
