import { setTimeout as sleep } from "node:timers/promises";

/** Asks until nothing is left to complain of; what is left after `ms`. */
export async function settle(
  complaints: () => Promise<readonly string[]>,
  ms: number,
  pollMs = 50,
): Promise<readonly string[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    const left = await complaints();
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(pollMs);
  }
}
