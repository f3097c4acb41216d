import { describe, expect, it } from "vitest";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { createWorldKeys, SimulatedWorld } from "../../test/support/simulated-world.ts";
import { keyOf } from "../runtime/kube-object.ts";

describe("the log of attempts", () => {
  it("has each failed one with what the system said, and a change once", async () => {
    const world = await SimulatedWorld.start(await createWorldKeys());
    await world.connect();
    await world.daemon.close();
    const logger = new MemoryLogger();
    for (let i = 0; i < 2; i++)
      await world.connection.reconcile(keyOf(world.host), new AbortController().signal, logger);
    const failed = {
      level: "debug",
      message: "Connection attempt failed",
      fields: { reason: "ConnectionRefused", detail: expect.stringContaining("127.0.0.1"), error: expect.any(Error) },
    };
    expect(logger.lines).toMatchObject([
      failed,
      { level: "warn", message: "Connection state changed", fields: { reason: "ConnectionRefused" } },
      failed,
    ]);
  });
});
