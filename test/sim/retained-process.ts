import { startFleet } from "../../bench/processes.ts";
import { startProduct } from "../../bench/product.ts";
import type { Contender } from "../../bench/protocol.ts";
import { DOCKER_HOST } from "../../src/api/docker-host.ts";
import { toApiObject } from "../../src/dockerhost/objects-in-cluster.ts";

/** What the process keeps of each host, measured after garbage collection as the difference of two fleet sizes. */
export interface Retained {
  /** By the reconcilers, after a pass and a check. */
  readonly ofPasses: number;
  /** By the store of a cluster, of a host with 50 containers. */
  readonly ofObject: number;
}

const FEW = 10;
const MANY = 50;
const CONTAINERS = 50;

// Forked with --expose-gc. The first fleet only makes everything load and compile that is used later.
const kept: (Contender | readonly object[])[] = [];
await afterPasses(FEW);
const ofPasses = ((await afterPasses(MANY)) - (await afterPasses(FEW))) / (MANY - FEW);
afterList(FEW);
const ofObject = (afterList(MANY) - afterList(FEW)) / (MANY - FEW);
process.send?.({ ofPasses, ofObject } satisfies Retained, () => process.exit());

/**
 * Checks each host of a fleet once, and returns how many bytes more are in use. The product is kept. Each host has a Secret of its own,
 * with the same CA.
 */
async function afterPasses(hosts: number): Promise<number> {
  using fleet = await startFleet({ hosts, containersPerHost: 5, images: 5 });
  const before = inUse();
  const product = startProduct(fleet.facts, (host) => `${host}-tls`);
  await product.beginRound();
  for (let index = 0; index < hosts; index++) await product.check(index);
  kept.push(product);
  // Sockets that were ended are let go of in later turns of the event loop.
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  return inUse() - before;
}

/** Reads hosts as the API server sends them, all with the same images, and returns how many bytes more are in use. */
function afterList(hosts: number): number {
  const before = inUse();
  kept.push(Array.from({ length: hosts }, (_, index) => read(index)));
  return inUse() - before;
}

/** In a function of its own, so that no variable keeps the text. */
function read(index: number): object {
  const digest = (image: number) => `sha256:${String(image).padStart(64, "0")}`;
  const items = Array.from({ length: CONTAINERS }, (_, image) => ({
    ...{ container: `app-${image}`, image: `registry.example.com/team/app-${image}:1`, verdict: "Outdated" },
    ...{ running: digest(image), available: digest(image + CONTAINERS), answeredBy: "Operator" },
  }));
  const text = JSON.stringify({
    metadata: { name: `host-${index}`, namespace: "fleet", generation: 1, managedFields: items },
    ...{ spec: { host: "tcp://edge-1.example.com:2376" }, status: { updates: { total: CONTAINERS, items } } },
  });
  return toApiObject(DOCKER_HOST, JSON.parse(text));
}

function inUse(): number {
  for (let round = 0; round < 4; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
