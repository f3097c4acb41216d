import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { runAnotherWriter } from "./another-writer.ts";

const { kube } = connectEnvironment(inject("environment"));

it("our status lands no matter how often another writes to the same object, and what the other writes stays", async () => {
  // How often, is the soak's to judge: amid how many is what counts here.
  const options = { hosts: 1, generations: 6, writesEach: 20, perSecond: 50, isRateJudged: false };
  const rows = await runAnotherWriter({ kube, ...options });
  console.log(formatSummary("another writer", rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
