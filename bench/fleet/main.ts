import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { startEnvironment } from "../../test/env/environment.ts";
import { FLEET_USAGE, parseFleetOptions } from "./options.ts";
import { cold, growth, restart, steady } from "./parts.ts";
import { realDaemon } from "./real-daemon.ts";
import { type FleetRow, formatRows, isMet } from "./rows.ts";
import { shards } from "./shards.ts";

const BUILD = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));

/** Runs the chosen parts, prints their table, and returns whether every limit is kept. */
export async function benchFleet(args: readonly string[]): Promise<boolean> {
  const options = parseFleetOptions(args);
  if (options === undefined) {
    console.log(FLEET_USAGE);
    return true;
  }
  execFileSync(process.execPath, [BUILD], { stdio: ["ignore", "ignore", "inherit"] });
  await using stack = new AsyncDisposableStack();
  const environment = await startEnvironment({ log: console.error });
  stack.defer(() => environment.stop());
  const { kube, dockers } = environment;
  await kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  await kube.untilEstablished("dockerhosts.dockerhost.dev");
  const parts = new Map<number, () => Promise<readonly FleetRow[]>>([
    [1, () => cold(kube, options)],
    [2, () => steady(kube, options)],
    [3, () => growth(kube, options)],
    [4, () => restart(kube, options)],
    [5, () => shards(kube, options)],
    [6, () => realDaemon(dockers.new, options.rounds)],
  ]);
  const rows: FleetRow[] = [];
  const loads: Record<number, readonly [before: number, after: number]> = {};
  for (const part of options.parts) {
    const run = parts.get(part);
    if (run === undefined) throw new Error(`there is no part ${part}\n\n${FLEET_USAGE}`);
    const before = loadavg()[0] ?? 0;
    console.error(`Part ${part}, at a load of ${before.toFixed(1)}`);
    const found = await rowsOrFailure(part, run);
    // Shown already now, in case a later part ends the process.
    console.error(formatRows(found));
    rows.push(...found);
    loads[part] = [before, loadavg()[0] ?? 0];
  }
  if (options.json) console.log(JSON.stringify({ options: { ...options, parts: [...options.parts] }, loads, rows }));
  else console.log(`\n${formatRows(rows)}\n\n${formatLoads(loads)}`);
  return rows.every(isMet);
}

/** A part that fails takes no other part with it. */
async function rowsOrFailure(part: number, run: () => Promise<readonly FleetRow[]>): Promise<readonly FleetRow[]> {
  try {
    return await run();
  } catch (error) {
    console.error(error);
    const why = error instanceof Error ? error.message : String(error);
    return [{ part, name: `failed: ${why.split("\n")[0]}`, measured: Number.NaN, unit: "", limit: 0 }];
  }
}

function formatLoads(loads: Readonly<Record<number, readonly [number, number]>>): string {
  const texts = Object.entries(loads).map(([part, [a, b]]) => `part ${part}: ${a.toFixed(1)} to ${b.toFixed(1)}`);
  return `load of the machine: ${texts.join(", ")}`;
}
