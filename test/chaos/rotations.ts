import type { Kube } from "../env/kube.ts";
import { ApiProxy } from "../integration/api-proxy.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import type { FleetHost } from "../sim/fleet.ts";
import { formatTimes, percentile, type SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";

export interface RotationsOptions {
  readonly kube: Kube;
  readonly hosts: number;
  readonly rotations: number;
  readonly inactivityMs: number;
  /** p99 with the watch up; not judged if it is not given. */
  readonly withinMs?: number;
}

/** What has not come by then is missed: longer than a half-open watch takes to be found out. */
const MISSED_MS = 60_000;
/** Every fourth round breaks the watches first. */
const BREAKS = ["half-open", "reset"] as const;

/** Secrets of all hosts get new certificates in rounds, in some of which the watches have just been broken. */
export async function runRotations(options: RotationsOptions): Promise<readonly SummaryRow[]> {
  const { kube, hosts, rotations, withinMs } = options;
  const fleet = await ChaosFleet.start(kube, hosts);
  const proxy = await ApiProxy.start(kube);
  const limit = ["--watch-inactivity-limit", `${options.inactivityMs}ms`];
  const controller = await Program.controller(proxy.kube, fleet.namespace.name, [...LOOPBACK, ...limit]);
  const [up, broken, missed]: [number[], number[], string[]] = [[], [], []];
  try {
    missed.push(...(await settle(() => fleet.unsettled(), MISSED_MS)));
    const rotate = async (host: FleetHost, times: number[]) => {
      const client = await fleet.newClient();
      const began = performance.now();
      const fingerprint = await fleet.rotate(host, client);
      const seen = async () => (host.daemon.counters.clients.has(fingerprint) ? [] : [`${host.name}: not used`]);
      missed.push(...(await settle(seen, MISSED_MS, 5)));
      times.push(performance.now() - began);
    };
    for (let round = 0; up.length + broken.length < rotations; round++) {
      const breaks = round % 4 === 3 ? BREAKS[Math.floor(round / 4) % BREAKS.length] : undefined;
      if (breaks !== undefined) proxy.strike(({ path }) => path === fleet.secrets, breaks);
      for (let first = 0; first < hosts; first += 10) {
        await Promise.all(
          fleet.hosts.slice(first, first + 10).map((host) => rotate(host, breaks === undefined ? up : broken)),
        );
      }
    }
    missed.push(...(await settle(() => fleet.unsettled(), MISSED_MS)));
    const p99 = percentile(up, 99);
    return [
      {
        promise: `${rotations} rotations, each is used`,
        seen: `${up.length + broken.length}, ${missed.length} missed ${missed.slice(0, 5).join("; ")}`,
        kept: missed.length === 0,
      },
      {
        promise: withinMs === undefined ? "with the watch up" : `with the watch up, p99 within ${withinMs / 1_000} s`,
        seen: formatTimes(up),
        kept: withinMs === undefined || p99 <= withinMs,
      },
      { promise: "with the watch broken", seen: `${broken.length}: ${formatTimes(broken)}`, kept: broken.length > 0 },
      {
        promise: "no exit",
        seen: controller.hasEnded ? controller.output.slice(-2_000) : "0 exits",
        kept: !controller.hasEnded,
      },
    ];
  } finally {
    await controller.stop();
    await fleet.stop();
    await proxy.close();
  }
}
