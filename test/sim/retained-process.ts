import { startFleet } from "../../bench/processes.ts";
import { startProduct } from "../../bench/product.ts";
import type { Contender } from "../../bench/protocol.ts";

/** What the process keeps of two fleets, measured after garbage collection. */
export interface Retained {
  readonly hosts: readonly [few: number, many: number];
  readonly bytes: readonly [few: number, many: number];
}

const FEW = 10;
const MANY = 70;

// Forked with --expose-gc. The first fleet only makes everything load and compile that is used later.
const kept: Contender[] = [];
await retained(FEW);
const bytes = [await retained(FEW), await retained(MANY)] as const;
process.send?.({ hosts: [FEW, MANY], bytes } satisfies Retained, () => process.exit());

/** Checks each host of a fleet once, and returns how many bytes more are in use. The product is kept. */
async function retained(hosts: number): Promise<number> {
  using fleet = await startFleet({ hosts, containersPerHost: 5, images: 5 });
  const before = inUse();
  const product = startProduct(fleet.facts);
  await product.beginRound();
  for (let index = 0; index < hosts; index++) await product.check(index);
  kept.push(product);
  // Sockets that were ended are let go of in later turns of the event loop.
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  return inUse() - before;
}

function inUse(): number {
  for (let round = 0; round < 4; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
