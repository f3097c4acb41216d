import { expect, it, vi } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { createWorldKeys, SimulatedWorld } from "../../../test/support/simulated-world.ts";
import { silentLogger } from "../../common/logger.ts";

it("a check holds its worker while it talks to the daemon, and waits for a registry without it", async () => {
  const world = await SimulatedWorld.start(await createWorldKeys());
  await world.connect();
  await world.registry.setFaults({ kind: "hang" });
  await world.daemon.setFaults({ kind: "hang", path: "/containers/json" });
  world.daemon.counters.reset();
  world.registry.counters.reset();
  const yieldWorker = vi.fn();
  const stop = new AbortController();
  const { namespace, name } = world.host.metadata;
  const check = () => world.updates.reconcile(`${namespace}/${name}`, stop.signal, silentLogger, { yieldWorker });

  const hung = check();
  await eventually(() => expect(world.daemon.counters.requests()).toBe(1));
  expect(yieldWorker).not.toHaveBeenCalled();
  // The daemon does not answer within the time for one request.
  await world.clock.advance(300_000);
  await hung;
  expect(yieldWorker).not.toHaveBeenCalled();

  await world.daemon.setFaults();
  await world.clock.advance(3_600_000);
  const waiting = check();
  await eventually(() => expect(world.registry.counters.requests()).toBe(1));
  expect(yieldWorker).toHaveBeenCalledOnce();
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
