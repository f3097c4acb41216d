import { expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { formatSummary } from "../support/summary.ts";
import { runRotations } from "./rotations.ts";

const { kube } = connectEnvironment(inject("environment"));

it("every rotated Secret is used, also where the watch has just been broken", { timeout: 240_000 }, async () => {
  const rows = await runRotations({ kube, hosts: 5, rotations: 50, inactivityMs: 2_000 });
  console.log(formatSummary("rotations", rows));
  expect(rows.filter(({ kept }) => !kept)).toEqual([]);
});
