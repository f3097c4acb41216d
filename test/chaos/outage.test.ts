import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { runOutage } from "./outage.ts";

const { kube } = connectEnvironment(inject("environment"));

it("an API server that was away is caught up with, without a storm", async () => {
  const rows = await runOutage({ kube, hosts: 10, awayMs: 10_000 });
  console.log(formatSummary("the API server away", rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
