import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { chosenSeed } from "./seeded-random.ts";
import { runWatchFaults } from "./watch-faults.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);

it("whatever breaks a watch, the cache is as the server has it soon after, and nothing ends", {
  timeout: 300_000,
}, async () => {
  const seed = chosenSeed();
  // Longer than the longest wait of a reflector (30 s), so that the next try always falls into it. Inactivity limit + 5 s is
  // what the soak judges, on a machine of its own.
  const options = { faults: 50, seed, inactivityMs: 2_000, withinMs: 60_000 };
  const rows = await runWatchFaults({ kube, etcd: environment.etcd, ...options });
  console.log(formatSummary(`watch faults, seed ${seed}`, rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
