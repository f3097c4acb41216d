import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { SHORT_LEASE } from "../integration/program.ts";
import { formatSummary } from "../support/summary.ts";
import { runFailover } from "./failover.ts";

const { kube } = connectEnvironment(inject("environment"));

it("another works on where a leader was killed or stopped, and nothing is lost", { timeout: 300_000 }, async () => {
  // The promised times are the soak's to judge.
  const rows = await runFailover({ kube, hosts: 6, kills: 3, stops: 1, timings: SHORT_LEASE, patience: 6 });
  console.log(formatSummary("failover", rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
