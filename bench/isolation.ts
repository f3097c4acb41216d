import { setTimeout as sleep } from "node:timers/promises";
import { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import { formatTimes, percentile } from "../test/chaos/summary.ts";
import { startEnvironment } from "../test/env/environment.ts";
import { LOOPBACK, Program } from "../test/integration/program.ts";
import type { FleetHost } from "../test/sim/fleet.ts";
import { formatVerdicts } from "./report.ts";

export interface IsolationShape {
  readonly hosts: number;
  readonly rounds: number;
  /** So many Secrets are rotated at the same time. */
  readonly concurrency: number;
}

const BLACK_HOLED = 0.2;
const MOST = 1.1;
const GIVE_UP_MS = 60_000;

/**
 * Whether hosts that swallow every packet hold up the others: how long rotated Secrets of the others take to the next
 * handshake, with all hosts well and with a fifth of them black-holed, on a real API server and with a real controller.
 */
export async function benchIsolation({ hosts, rounds, concurrency }: IsolationShape): Promise<boolean> {
  const environment = await startEnvironment({ log: console.error });
  const { kube } = environment;
  await kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  await kube.untilEstablished("dockerhosts.dockerhost.dev");
  const fleet = await ChaosFleet.start(kube, hosts);
  const controller = await Program.controller(kube, fleet.namespace.name, LOOPBACK);
  try {
    const left = await settle(() => fleet.unsettled(), GIVE_UP_MS);
    if (left.length > 0) throw new Error(left.join("; "));
    const dark = fleet.hosts.slice(0, Math.round(hosts * BLACK_HOLED));
    const others = fleet.hosts.slice(dark.length);
    await measure(fleet, others, 1, concurrency);
    const well = await measure(fleet, others, rounds, concurrency);
    for (const { name, daemon } of dark) {
      await daemon.setFaults({ kind: "silent" });
      await fleet.bump(name);
    }
    // All of them hang by now, as many as may.
    await sleep(2_000);
    const beside = await measure(fleet, others, rounds, concurrency);
    const ratio = percentile(beside, 99) / percentile(well, 99);
    console.log(`all ${hosts} hosts well:            ${formatTimes(well)}`);
    console.log(`${dark.length} of them black-holed, the others: ${formatTimes(beside)}`);
    const verdict = {
      target: `p99 worsens by at most a tenth`,
      measured: `ratio ${ratio.toFixed(2)}`,
      met: ratio <= MOST,
    };
    console.log(`\n${formatVerdicts([verdict])}`);
    return verdict.met;
  } finally {
    await controller.stop();
    await fleet.stop();
    await environment.stop();
  }
}

async function measure(
  fleet: ChaosFleet,
  hosts: readonly FleetHost[],
  rounds: number,
  concurrency: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  const rotate = async (host: FleetHost) => {
    const client = await fleet.newClient();
    const began = performance.now();
    const fingerprint = await fleet.rotate(host, client);
    await settle(async () => (host.daemon.counters.clients.has(fingerprint) ? [] : ["not yet"]), GIVE_UP_MS, 5);
    times.push(performance.now() - began);
  };
  for (let round = 0; round < rounds; round++) {
    const pending = [...hosts];
    const work = async () => {
      for (let host = pending.shift(); host !== undefined; host = pending.shift()) await rotate(host);
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  }
  return times;
}
