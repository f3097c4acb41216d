import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import { formatTimes, percentile } from "../test/chaos/summary.ts";
import type { Fault } from "../test/sim/faults.ts";
import type { FleetHost } from "../test/sim/fleet.ts";
import { withControlledFleet } from "./controlled-fleet.ts";
import { formatVerdicts } from "./report.ts";
import type { RotationShape } from "./rotation.ts";
import { rotationTimes } from "./rotation-times.ts";

const BLACK_HOLED = 0.2;
const MOST = 1.1;
/** By then as many attempts hang as may. */
const UNTIL_THEY_HANG_MS = 2_000;
const WELL_AGAIN_MS = 60_000;

/**
 * Whether hosts that swallow every packet hold up the others: how long rotated Secrets of the others take to the next
 * handshake while all hosts are well, and while a fifth of them is black-holed.
 */
export function benchIsolation({ hosts, rounds, concurrency }: RotationShape): Promise<boolean> {
  return withControlledFleet(hosts, async (fleet) => {
    const dark = fleet.hosts.slice(0, Math.round(hosts * BLACK_HOLED));
    const others = fleet.hosts.slice(dark.length);
    const [well, beside]: [number[], number[]] = [[], []];
    await rotationTimes(fleet, others, concurrency);
    // In turn, so that what else the machine does meets both alike.
    for (let round = 0; round < rounds; round++) {
      await strike(fleet, dark);
      const left = await settle(() => fleet.unsettled(), WELL_AGAIN_MS);
      if (left.length > 0) throw new Error(`not all hosts are well again: ${left.slice(0, 5).join("; ")}`);
      well.push(...(await rotationTimes(fleet, others, concurrency)));
      await strike(fleet, dark, { kind: "silent" });
      await sleep(UNTIL_THEY_HANG_MS);
      beside.push(...(await rotationTimes(fleet, others, concurrency)));
    }
    const ratio = percentile(beside, 99) / percentile(well, 99);
    const verdict = {
      target: "p99 worsens by at most a tenth",
      measured: `ratio ${ratio.toFixed(2)}`,
      met: ratio <= MOST,
    };
    console.log(`\nSecret written to handshake, ${others.length} hosts`);
    console.log(`all ${hosts} hosts well: ${formatTimes(well)}`);
    console.log(`the other ${dark.length} black-holed: ${formatTimes(beside)}`);
    console.log(`\n${formatVerdicts([verdict])}`);
    return verdict.met;
  });
}

/** The hosts have these faults from now on, and the controller looks at them at once. */
async function strike(fleet: ChaosFleet, hosts: readonly FleetHost[], ...faults: readonly Fault[]): Promise<void> {
  for (const { name, daemon } of hosts) {
    await daemon.setFaults(...faults);
    await fleet.bump(name);
  }
}
