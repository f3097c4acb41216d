import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Retained } from "./retained-process.ts";

/** Of a host with five containers and a Secret of its own: 18 to 21 KiB, its object and status included. */
const MOST_OF_PASSES = 30 * 1024;
/** Of a host with 50 containers: 4 to 5 KiB. With texts of its own, it takes 16 KiB. */
const MOST_OF_OBJECT = 8 * 1024;

it("keeps a bounded number of bytes for each host", { timeout: 300_000 }, async () => {
  const child = fork(fileURLToPath(new URL("retained-process.ts", import.meta.url)), {
    execArgv: ["--expose-gc", "--max-semi-space-size=2", "--heap-growing-percent=40"],
  });
  const [{ ofPasses, ofObject }] = (await once(child, "message")) as [Retained];
  const advice = "something reserves memory for every host; make it when it is first needed, or share it between hosts";
  expect(ofPasses, advice).toBeLessThan(MOST_OF_PASSES);
  expect(ofObject, "texts that hosts have in common are kept more than once").toBeLessThan(MOST_OF_OBJECT);
});
