import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../test/support/summary.ts";
import { withControlledFleet } from "./controlled-fleet.ts";
import { formatTargets } from "./report.ts";
import { rotationTimes } from "./rotation-times.ts";
import type { TargetResult } from "./targets.ts";

export interface RotationShape {
  readonly hosts: number;
  readonly rounds: number;
  /** How many Secrets are written in parallel in the first part. */
  readonly concurrency: number;
}

const TARGET_MS = 2_000;
const BETWEEN_PARTS_MS = 500;

/**
 * Measures how long a rotated Secret takes until it is used: from the write to a real API server, which a real
 * controller watches, to the end of the handshake that the daemon sees. First rotates a few Secrets at a time, then all
 * of them simultaneously.
 */
export function benchRotation({ hosts, rounds, concurrency }: RotationShape): Promise<boolean> {
  return withControlledFleet(hosts, async (fleet) => {
    console.log(`${hosts} hosts are Ready; each Secret is replaced ${2 * rounds} times`);
    const few: number[] = [];
    const all: number[] = [];
    for (let round = 0; round < rounds; round++) {
      few.push(...(await rotationTimes(fleet, fleet.hosts, concurrency)));
      await sleep(BETWEEN_PARTS_MS);
      all.push(...(await rotationTimes(fleet, fleet.hosts, hosts)));
      await sleep(BETWEEN_PARTS_MS);
    }
    // How long the last host of a whole fleet waits depends on the size of the fleet, so it is reported without a
    // target.
    const results = [resultOf(`${concurrency} at a time`, few)];
    console.log(
      `\n${formatTable({ [`${concurrency} at a time`]: few, "all simultaneously": all })}\n\n${formatTargets(results)}`,
    );
    return results.every(({ met }) => met);
  });
}

function formatTable(parts: Readonly<Record<string, readonly number[]>>): string {
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(36) + cells.map((cell) => cell.padStart(10)).join("");
  const ms = (value: number) => value.toFixed(0);
  return [
    row("Secret written to handshake, ms", ["p50", "p99", "longest"]),
    ...Object.entries(parts).map(([name, times]) =>
      row(name, [percentile(times, 50), percentile(times, 99), Math.max(...times)].map(ms)),
    ),
  ].join("\n");
}

function resultOf(name: string, times: readonly number[]): TargetResult {
  const p99 = percentile(times, 99);
  return { target: `p99 under 2 s, ${name}`, measured: `${p99.toFixed(0)} ms`, met: p99 < TARGET_MS };
}
