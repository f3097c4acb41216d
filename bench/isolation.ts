import { findCondition } from "../src/api/conditions.ts";
import type { DockerHostObject } from "../src/api/docker-host.ts";
import type { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import type { Fault } from "../test/sim/faults.ts";
import type { FleetHost } from "../test/sim/fleet.ts";
import { formatTimes, percentile } from "../test/support/summary.ts";
import { withControlledFleet } from "./controlled-fleet.ts";
import { formatTargets } from "./report.ts";
import type { RotationShape } from "./rotation.ts";
import { rotationTimes } from "./rotation-times.ts";

const BLACK_HOLED = 0.2;
const MOST = 1.1;
const SETTLE_MS = 60_000;

/**
 * Measures whether hosts that drop every packet delay the others: how long the rotated Secrets of the others take until
 * the next handshake while all hosts are healthy, and while a fifth of them is black-holed.
 */
export function benchIsolation({ hosts, rounds, concurrency }: RotationShape): Promise<boolean> {
  return withControlledFleet(hosts, async (fleet) => {
    const dark = fleet.hosts.slice(0, Math.round(hosts * BLACK_HOLED));
    const others = fleet.hosts.slice(dark.length);
    const [well, beside]: [number[], number[]] = [[], []];
    await rotationTimes(fleet, others, concurrency);
    // The two situations alternate, so that other work of the machine affects both equally.
    for (let round = 0; round < rounds; round++) {
      await strike(fleet, dark);
      await settled(() => fleet.unsettled(), "not all hosts are healthy again");
      well.push(...(await rotationTimes(fleet, others, concurrency)));
      await strike(fleet, dark, { kind: "silent" });
      await settled(() => undiscovered(fleet, dark), "not all black holes were detected");
      beside.push(...(await rotationTimes(fleet, others, concurrency)));
    }
    const ratio = percentile(beside, 99) / percentile(well, 99);
    const result = {
      target: "p99 worsens by at most a tenth",
      measured: `ratio ${ratio.toFixed(2)}`,
      met: ratio <= MOST,
    };
    console.log(`\nSecret written to handshake, ${others.length} hosts`);
    console.log(`all ${hosts} hosts healthy: ${formatTimes(well)}`);
    console.log(`the other ${dark.length} hosts black-holed: ${formatTimes(beside)}`);
    console.log(`\n${formatTargets([result])}`);
    return result.met;
  });
}

/** Sets the faults of hosts, and makes the controller process these hosts immediately. */
async function strike(fleet: ChaosFleet, hosts: readonly FleetHost[], ...faults: readonly Fault[]): Promise<void> {
  for (const { name, daemon } of hosts) {
    await daemon.setFaults(...faults);
    await fleet.bump(name);
  }
}

/** Lists the hosts that the controller has not yet found to be unreachable. It keeps trying those that it has. */
async function undiscovered(fleet: ChaosFleet, dark: readonly FleetHost[]): Promise<readonly string[]> {
  const names = new Set(dark.map(({ name }) => name));
  return (await fleet.list<DockerHostObject>(fleet.dockerHosts)).flatMap(({ metadata, status }) => {
    const connected = findCondition(status?.conditions, "Connected");
    const known = status?.observedGeneration === metadata.generation && connected?.status === "False";
    return known || !names.has(metadata.name) ? [] : [metadata.name];
  });
}

async function settled(open: () => Promise<readonly string[]>, otherwise: string): Promise<void> {
  const left = await settle(open, SETTLE_MS);
  if (left.length > 0) throw new Error(`${otherwise}: ${left.slice(0, 5).join("; ")}`);
}
