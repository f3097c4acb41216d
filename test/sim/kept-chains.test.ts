import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { KeptChains } from "./kept-chains-process.ts";

/** Less than 2 MiB is normal, and 11 MiB or more is measured if the certificates are read in each connection. */
const MOST = 6 * 1024 * 1024;

it("keeps no memory for connections to servers that send many certificates", { timeout: 300_000 }, async () => {
  const child = fork(fileURLToPath(new URL("kept-chains-process.ts", import.meta.url)), {
    execArgv: ["--expose-gc", "--max-semi-space-size=2"],
  });
  const [kept] = (await once(child, "message")) as [KeptChains];
  const advice = "Node never frees the certificates of a server that are read; use SentCertificates";
  for (const [kind, bytes] of Object.entries(kept)) expect(bytes, `${kind}: ${advice}`).toBeLessThan(MOST);
});
