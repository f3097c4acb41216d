import { startBare, startBareOnce } from "./bare.ts";
import { startProduct } from "./product.ts";
import type { Contender, ContenderTask, Measurement, StartContender } from "./protocol.ts";

/** What the process measures about itself. The fleet counts the traffic. */
export type RoundReport = Omit<Measurement, "traffic">;

const CONTENDERS: Readonly<Record<ContenderTask["contender"], StartContender>> = {
  bare: startBare,
  "bare-once": startBareOnce,
  product: startProduct,
};

// Runs one contender in its own process, so that its memory and time can be measured. The first message contains its
// task. That message and each further one runs a round, and is answered with a report.
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

/** Checks every host once, `concurrency` of them in parallel. */
async function checkAll(contender: Contender, hosts: number, concurrency: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < hosts) await contender.check(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
