import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Retained } from "./retained-process.ts";

/** A host with five containers takes 9 to 18 KiB: its object, its status, and what is remembered of its Secrets and answers. */
const MOST_BYTES_PER_HOST = 40 * 1024;

it("keeps a bounded number of bytes for each host", { timeout: 120_000 }, async () => {
  const child = fork(fileURLToPath(new URL("retained-process.ts", import.meta.url)), {
    execArgv: ["--expose-gc", "--max-semi-space-size=2", "--heap-growing-percent=20"],
  });
  const [{ hosts, bytes }] = (await once(child, "message")) as [Retained];
  const perHost = (bytes[1] - bytes[0]) / (hosts[1] - hosts[0]);
  const advice = "something reserves memory for every host; make it when it is first needed, or share it between hosts";
  expect(perHost, advice).toBeLessThan(MOST_BYTES_PER_HOST);
});
