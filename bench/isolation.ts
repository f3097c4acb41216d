import { setTimeout as sleep } from "node:timers/promises";
import { formatTimes, percentile } from "../test/chaos/summary.ts";
import { withControlledFleet } from "./controlled-fleet.ts";
import { formatVerdicts } from "./report.ts";
import type { RotationShape } from "./rotation.ts";
import { rotationTimes } from "./rotation-times.ts";

const BLACK_HOLED = 0.2;
const MOST = 1.1;
/** By then as many attempts hang as may. */
const UNTIL_THEY_HANG_MS = 2_000;

/**
 * Whether hosts that swallow every packet hold up the others: how long rotated Secrets of the others take to the next
 * handshake while all hosts are well, and while a fifth of them is black-holed.
 */
export function benchIsolation({ hosts, rounds, concurrency }: RotationShape): Promise<boolean> {
  return withControlledFleet(hosts, async (fleet) => {
    const dark = fleet.hosts.slice(0, Math.round(hosts * BLACK_HOLED));
    const others = fleet.hosts.slice(dark.length);
    const measure = async () => {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push(...(await rotationTimes(fleet, others, concurrency)));
      return times;
    };
    await rotationTimes(fleet, others, concurrency);
    const well = await measure();
    for (const { name, daemon } of dark) {
      await daemon.setFaults({ kind: "silent" });
      await fleet.bump(name);
    }
    await sleep(UNTIL_THEY_HANG_MS);
    const beside = await measure();
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
