import { beforeAll, describe, expect, it } from "vitest";
import { summaries } from "../../test/support/docker-host.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../test/support/simulated-world.ts";
import { contain } from "./contain.ts";
import type { Resources } from "./ports.ts";

let keys: WorldKeys;

beforeAll(async () => {
  keys = await createWorldKeys();
});

/** The same, with a mistake in it. */
function broken(resources: Resources): Resources {
  return new Proxy(resources, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (property === "getSecret") return () => Promise.reject(new TypeError("of the value s3cret"));
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("what a step throws", () => {
  it("fails the host's connection with a status, and is retried", async () => {
    const world = await SimulatedWorld.start(keys);
    world.restart(broken);
    expect(await world.connect()).toMatchObject({ kind: "backoff" });
    expect(summaries(world.host.status?.conditions)).toEqual([
      "Ready=False InternalError",
      "Reconciling=True ProgressingWithRetry",
      "CredentialsValid=False InternalError",
      "Connected=Unknown NotAttempted",
      "CertificateExpiring=Unknown NotAttempted",
    ]);
    const [ready] = world.host.status?.conditions ?? [];
    expect(ready?.message).toMatch(
      /^The connection pass failed because of a mistake in this program \(TypeError\)\. Report /,
    );
    expect(JSON.stringify(world.host.status)).not.toContain("s3cret");
    world.restart();
    await world.connect();
    expect(summaries(world.host.status?.conditions)[0]).toBe("Ready=True Succeeded");
  });

  it("fails the host's update check with a status", async () => {
    const world = await SimulatedWorld.connected(keys);
    world.restart(broken);
    await world.check();
    expect(world.updateConditions[0]).toBe("UpdateCheckSucceeded=False InternalError");
  });

  it("is logged as an error, with its own words", async () => {
    const logger = new MemoryLogger();
    const world = await SimulatedWorld.start(keys);
    world.restart(broken);
    await world.connection.reconcile("fleet/edge-7", new AbortController().signal, logger);
    const fields = expect.objectContaining({ reason: "InternalError", error: expect.any(TypeError) });
    expect(logger.lines).toContainEqual({ level: "error", message: "Connection attempt failed", fields });
  });

  it("continues where the pass was cut short", async () => {
    const reason = new Error("interrupted");
    const step = () => Promise.reject(new TypeError());
    await expect(contain("The pass", AbortSignal.abort(reason), step)).rejects.toBe(reason);
  });
});
