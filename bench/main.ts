import { parseArgs } from "node:util";
import { bundleContenders } from "./contender-bundle.ts";
import { sum } from "./measurement.ts";
import { startContender, startFleet } from "./processes.ts";
import type { Measurement } from "./protocol.ts";
import { formatTable, formatTargets } from "./report.ts";
import { compare } from "./targets.ts";

const USAGE = `Usage: npm run bench -- [options]
       npm run bench -- rotation [options]
       npm run bench -- isolation [options]
       npm run bench -- replace [options]
       npm run bench -- page [options]
       npm run bench -- fleet [options]

Checks a simulated fleet over mutual TLS with the product's own code, and compares it with a bare loop that makes the
same requests with only node:https: over two connections per check, and over one. Exits with 1 if a target is missed.

rotation: replaces the Secrets of simulated hosts on a real API server with a real controller, and reports how long each
takes until the next handshake (defaults: 100 hosts, 3 rounds, 10 in parallel).

isolation: compares the same while a fifth of the hosts drop every packet with the same while all hosts are healthy
(defaults: 100 hosts, 3 rounds, 10 in parallel).

replace: updates a container on two real daemons, and reports how long it does not run, beside a bare loop that only
stops, renames and starts the same container (default: 10 rounds).

page: opens the page about a large fleet in a real Chromium, and reports its first paint, its size, and what 100 open
pages cost (defaults: 1000 hosts with 50 containers each, 5 rounds).

fleet: measures the bundled controller with a large simulated fleet on a real API server, in six parts; it has options of
its own, which npm run bench -- fleet --help lists.

  --hosts N        number of simulated hosts, each with 20 containers of 20 images (default 300)
  --rounds N       how often every host is checked during the measurement (default 5)
  --concurrency N  number of hosts checked in parallel (default 20)
`;

const [first, ...rest] = process.argv.slice(2);
// It has flags of its own, and is loaded only when it runs, because the others do not need its servers.
const fleetBench = first === "fleet" ? (await import("./fleet/main.ts")).benchFleet : undefined;

const { values, positionals } = parseArgs({
  args: fleetBench === undefined ? process.argv.slice(2) : [],
  allowPositionals: true,
  options: {
    hosts: { type: "string" },
    rounds: { type: "string" },
    concurrency: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (fleetBench !== undefined) process.exitCode = (await fleetBench(rest)) ? 0 : 1;
else if (values.help) console.log(USAGE);
else process.exitCode = (await chosen(positionals)) ? 0 : 1;

async function chosen([name, ...more]: readonly string[]): Promise<boolean> {
  const { hosts, rounds, concurrency } = values;
  if (name === undefined) return await bench(Number(hosts ?? 300), Number(rounds ?? 5), Number(concurrency ?? 20));
  const shape = { hosts: Number(hosts ?? 100), rounds: Number(rounds ?? 3), concurrency: Number(concurrency ?? 10) };
  // Each is loaded only when it runs, because the other benchmark does not need its servers.
  if (name === "rotation" && more.length === 0) return await (await import("./rotation.ts")).benchRotation(shape);
  if (name === "isolation" && more.length === 0) return await (await import("./isolation.ts")).benchIsolation(shape);
  if (name === "replace" && more.length === 0) {
    return await (await import("./replacement.ts")).benchReplacement(Number(rounds ?? 10));
  }
  if (name === "page" && more.length === 0) {
    const { benchPage } = await import("./page/main.ts");
    return await benchPage({ hosts: Number(hosts ?? 1_000), containers: 50 }, Number(rounds ?? 5));
  }
  throw new Error(`there is no such benchmark\n\n${USAGE}`);
}

async function bench(hosts: number, rounds: number, concurrency: number): Promise<boolean> {
  console.log(`Starting ${hosts} simulated hosts, each with 20 containers of 20 images, in their own process`);
  using fleet = await startFleet({ hosts, containersPerHost: 20, images: 20 });
  console.log(`Checking each ${rounds} times after one round to warm up, ${concurrency} at a time`);
  await using bundle = await bundleContenders();
  using productProcess = await startContender(bundle.file, fleet, { contender: "product", concurrency });
  using bareProcess = await startContender(bundle.file, fleet, { contender: "bare", concurrency });
  using onceProcess = await startContender(bundle.file, fleet, { contender: "bare-once", concurrency });
  const product: Measurement[] = [];
  const bare: Measurement[] = [];
  const once: Measurement[] = [];
  // The contenders alternate, so that other work of the machine affects both equally.
  for (let round = 0; round < rounds; round++) {
    product.push(await productProcess.round());
    bare.push(await bareProcess.round());
    once.push(await onceProcess.round());
  }
  const measured = { product: sum(product), bare: sum(bare), once: sum(once) };
  const results = compare(measured);
  console.log(`\n${formatTable(measured)}\n\n${formatTargets(results)}`);
  return results.every(({ met }) => met);
}
