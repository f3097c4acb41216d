import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { chosenSeed } from "./seeded-random.ts";
import { runWatchFaults } from "./watch-faults.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);

it("whatever breaks a watch, what is read next brings the cache up to date, and nothing exits", {
  timeout: 900_000,
}, async () => {
  const seed = chosenSeed();
  // Only the soak judges times, on a machine that does nothing else.
  const options = { faults: 50, seed, inactivityMs: 2_000 };
  const rows = await runWatchFaults({ kube, etcd: environment.etcd, ...options });
  console.log(formatSummary(`watch faults, seed ${seed}`, rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
