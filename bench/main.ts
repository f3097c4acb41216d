import { parseArgs } from "node:util";
import { sum } from "./measurement.ts";
import { startContender, startFleet } from "./processes.ts";
import type { Measurement } from "./protocol.ts";
import { formatTable, formatVerdicts } from "./report.ts";
import { judge } from "./verdicts.ts";

const USAGE = `Usage: npm run bench -- [options]

Checks a simulated fleet over mutual TLS with the product's own code, and beside it with a bare loop that makes the
same handshakes and requests by node:https alone. Exits with 1 when a target is missed.

  --hosts N        simulated hosts, 20 containers of 20 images each (default 300)
  --rounds N       how often every host is checked while measuring (default 5)
  --concurrency N  hosts checked at the same time (default 20)
`;

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
    concurrency: { type: "string", default: "20" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = (await bench(Number(values.hosts), Number(values.rounds), Number(values.concurrency))) ? 0 : 1;

async function bench(hosts: number, rounds: number, concurrency: number): Promise<boolean> {
  console.log(`Starting ${hosts} simulated hosts, each with 20 containers of 20 images, in their own process`);
  using fleet = await startFleet({ hosts, containersPerHost: 20, images: 20 });
  console.log(`Checking each ${rounds} times after one round to warm up, ${concurrency} at a time`);
  using productProcess = await startContender(fleet, { contender: "product", concurrency });
  using bareProcess = await startContender(fleet, { contender: "bare", concurrency });
  const product: Measurement[] = [];
  const bare: Measurement[] = [];
  // In turn, so that what else the machine does meets both alike.
  for (let round = 0; round < rounds; round++) {
    product.push(await productProcess.round());
    bare.push(await bareProcess.round());
  }
  const [productSum, bareSum] = [sum(product), sum(bare)];
  const verdicts = judge(productSum, bareSum);
  console.log(`\n${formatTable(productSum, bareSum)}\n\n${formatVerdicts(verdicts)}`);
  return verdicts.every(({ met }) => met);
}
