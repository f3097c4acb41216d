import { expect } from "vitest";
import type { DockerHostStatus } from "../../../src/api/status.ts";
import type { Resources } from "../../../src/dockerhost/ports.ts";
import type { SimImage } from "../../sim/contents.ts";
import { pullImage } from "../../sim/pull.ts";
import { createWorldKeys, SimulatedWorld, type WorldKeys } from "../../support/simulated-world.ts";

const START = Date.now();

/** A world whose host can be brought into the same situation again and again. */
export class Stage {
  readonly world: SimulatedWorld;
  readonly #keys: WorldKeys;
  /** Pulled before a newer one was pushed. */
  readonly #stale: SimImage;
  /** The status after the pass with which a situation begins. */
  readonly #before = new Map<Situation, DockerHostStatus>();

  /** Ends with the test. */
  static async start(): Promise<Stage> {
    const keys = await createWorldKeys();
    const world = await SimulatedWorld.start(keys);
    const stale = pullImage(world.registry, "shop/web", "1");
    world.registry.push("shop/web", "1");
    return new Stage(world, keys, stale);
  }

  private constructor(world: SimulatedWorld, keys: WorldKeys, stale: SimImage) {
    this.world = world;
    this.#keys = keys;
    this.#stale = stale;
  }

  /** Begins with nothing, and gets into the situation; then another process continues, with its resources wrapped. */
  async enter(situation: Situation, through?: (resources: Resources) => Resources): Promise<void> {
    const { world } = this;
    world.clock.setWall(START);
    await world.removeHost();
    world.restart();
    await world.setSpec({});
    await world.setSecret("tls", this.#keys.client);
    await this.#prepare(situation);
    world.restart(through);
    world.takeEvents();
    world.daemon.counters.reset();
    world.registry.counters.reset();
  }

  async #prepare(situation: Situation): Promise<void> {
    const { world } = this;
    switch (situation) {
      case "a host that is new":
        return;
      case "a host with an update": {
        const image = this.#stale;
        world.daemon.setContents({ containers: [] });
        await this.#firstPass(situation);
        const web = { id: "8".repeat(64), name: "web", image: image.tags[0] ?? "", runs: image };
        world.daemon.setContents({ images: [image], containers: [web] });
        await world.request("now");
        return;
      }
      case "a host whose Secret went bad":
        await this.#firstPass(situation);
        await world.setSecret("tls", this.#keys.foreign);
        return;
      case "a host that got another spec":
        await this.#firstPass(situation);
        await world.setSpec({ interval: "7m" });
        return;
    }
  }

  /** Always ends the same, and the process that continues knows only the status, so it takes place once. */
  async #firstPass(situation: Situation): Promise<void> {
    const { world } = this;
    const status = this.#before.get(situation);
    if (status !== undefined) {
      await world.resources.saveStatus(world.host, "connection", status);
      return;
    }
    await this.pass();
    if (world.host.status !== undefined) this.#before.set(situation, world.host.status);
  }

  /** Both reconcilers, as the fleet lets them follow each other. */
  async pass(signal?: AbortSignal): Promise<void> {
    await this.world.connect(signal);
    signal?.throwIfAborted();
    await this.world.check(signal);
  }

  ending(): Ending {
    return { status: this.world.host.status, told: this.world.takeEvents() };
  }

  /** How the situation ends if nothing goes wrong. */
  async undisturbed(situation: Situation): Promise<Ending> {
    await this.enter(situation);
    await this.pass();
    return this.ending();
  }
}

export const situations = [
  "a host that is new",
  "a host with an update",
  "a host whose Secret went bad",
  "a host that got another spec",
] as const;
export type Situation = (typeof situations)[number];

/** What users see in the end. */
export interface Ending {
  readonly status: DockerHostStatus | undefined;
  readonly told: readonly string[];
}

/** The same status, and no event that should not have been there, or more often than it should. */
export function expectSame(where: string, ending: Ending, undisturbed: Ending): void {
  expect([where, ending.status]).toEqual([where, undisturbed.status]);
  expect([where, surplus(ending.told, undisturbed.told)]).toEqual([where, []]);
}

function surplus(told: readonly string[], expected: readonly string[]): readonly string[] {
  const left = [...expected];
  return told.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
