import { startBare } from "./bare.ts";
import { startProduct } from "./product.ts";
import type { Contender, ContenderTask, Measurement, StartContender } from "./protocol.ts";

/** What the process can tell of itself; the traffic is counted by the fleet. */
export type RoundReport = Omit<Measurement, "traffic">;

const CONTENDERS: Readonly<Record<ContenderTask["contender"], StartContender>> = {
  bare: startBare,
  product: startProduct,
};

// One contender, in a process of its own so that its memory and time are its alone. It takes its task as the first
// message; that and every further message runs a round and is answered with the report of it.
process.once("message", async (task: ContenderTask) => {
  const contender = CONTENDERS[task.contender](task.facts);
  process.send?.(await runRound(contender, task));
  process.on("message", async () => process.send?.(await runRound(contender, task)));
});

async function runRound(contender: Contender, { facts, concurrency }: ContenderTask): Promise<RoundReport> {
  const checks = facts.ports.length;
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  await contender.beginRound();
  await checkAll(contender, checks, concurrency);
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { checks, seconds, cpuMs: (user + system) / 1_000, peakMiB: process.resourceUsage().maxRSS / 1_024 };
}

/** Every host once, so many at a time. */
async function checkAll(contender: Contender, hosts: number, concurrency: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < hosts) await contender.check(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
