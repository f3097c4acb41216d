import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { type Clock, systemClock } from "../../../src/common/clock.ts";
import type { Progress } from "../../../src/replacement/request.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { NAME, OutcomeWorld, rightBefore } from "./outcome-world.ts";
import { each, engines, onBoth } from "./world.ts";

const GONE_MS = 120_000;
const FASTER = 60;

/** Runs like the real one, and faster while that is wanted. */
class HastyClock implements Clock {
  #factor = 1;
  #since = systemClock.monotonic();
  #elapsed = 0;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return this.#elapsed + (systemClock.monotonic() - this.#since) * this.#factor;
  }

  after(ms: number, callback: () => void, options?: { readonly background: boolean }): () => void {
    return systemClock.after(ms / this.#factor, callback, options);
  }

  run(factor: number): void {
    this.#elapsed = this.monotonic();
    this.#since = systemClock.monotonic();
    this.#factor = factor;
  }
}

class LosableWorld extends OutcomeWorld {
  #proxy: CuttingProxy | undefined;

  override async setUp(): Promise<void> {
    await super.setUp();
    const { dockerd, socket } = this.docker.facts;
    this.#proxy = await CuttingProxy.listen(join(dockerd.runFolder, `losable-${this.key}.sock`), socket);
  }

  get proxy(): CuttingProxy {
    if (this.#proxy === undefined) throw new Error("it was not set up");
    return this.#proxy;
  }
}

describe("an update on both engines whose host is gone in the middle", () => {
  const worlds = engines.map((engine) => new LosableWorld(engine, ["good", "exiting"]));

  beforeAll(() => each(worlds, (world) => world.setUp()));
  afterEach(() => each(worlds, (world) => world.reset()));
  afterAll(() => each(worlds, (world) => world.proxy.close()));

  /** The host goes right before a step, and is back once the update's own clock has advanced by this much. */
  function losing(world: LosableWorld, step: Progress["step"]) {
    const clock = new HastyClock();
    const back = Promise.withResolvers<void>();
    const { record } = rightBefore(step, async () => {
      await world.proxy.goAway();
      clock.run(FASTER);
      clock.after(GONE_MS, () => {
        clock.run(1);
        world.proxy.comeBack().then(back.resolve, back.reject);
      });
    });
    return { clock, back: back.promise, ports: { clock, record, socket: world.proxy.path } };
  }

  for (const step of ["StopOld", "StartNew", "Verify", "RemoveOld"] as const) {
    onBoth(worlds, `for two minutes, before ${step}: it goes on when the host is back`, async (world) => {
      await world.started("good");
      const { ports, back, clock } = losing(world, step);
      const began = clock.monotonic();
      expect(await world.updateTo("good", {}, ports)).toMatchObject({ kind: "Succeeded" });
      await back;
      expect(clock.monotonic() - began).toBeGreaterThanOrEqual(GONE_MS);
      expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
      expect((await world.inspect(NAME)).Image).not.toBe(world.image("good").firstId);
    });
  }

  onBoth(worlds, "for two minutes, in the middle of a rollback: the old container is back", async (world) => {
    const isBack = await world.started("exiting", "--restart=always");
    const { ports, back } = losing(world, "RenameBack");
    const health = { timeoutMs: 1, stableForMs: 60_000 };
    const result = await world.updateTo("exiting", { health }, ports);
    expect(result).toMatchObject({ kind: "RolledBack", failure: { reason: "ContainerRestarting" } });
    await back;
    await isBack();
    expect((await world.inspect(NAME)).HostConfig.RestartPolicy.Name).toBe("always");
    expect(await world.imageId(world.image("exiting").name)).toBe(world.image("exiting").firstId);
  });

  onBoth(worlds, "for longer than it waits: it is finished when somebody looks again", async (world) => {
    await world.started("good");
    const { ports, back } = losing(world, "StartNew");
    const result = await world.updateTo("good", {}, { ...ports, patienceMs: GONE_MS / 2 });
    expect(result).toMatchObject({ kind: "Interrupted", failure: { reason: "UpdateInterrupted" } });
    await back;
    expect(await world.recover()).toMatchObject([{ container: NAME, result: { kind: "Succeeded" } }]);
    expect(await world.containers(NAME)).toEqual([`${NAME} running`]);
  });
});
