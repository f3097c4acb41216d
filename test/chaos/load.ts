import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosFleet } from "./chaos-fleet.ts";

const BETWEEN_CHANGES_MS = 50;

/** Changes one host after the other, by turns its spec and its Secret, until it is stopped. */
export class Load {
  readonly #fleet: ChaosFleet;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** The newest certificate of each host's Secret. */
  readonly #last = new Map<string, string>();
  #rotations = 0;

  private constructor(fleet: ChaosFleet) {
    this.#fleet = fleet;
    this.#running = this.#run();
  }

  static start(fleet: ChaosFleet): Load {
    return new Load(fleet);
  }

  get rotations(): number {
    return this.#rotations;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The hosts that have not been shown the newest certificate of their Secret, in words. */
  unused(): readonly string[] {
    return this.#fleet.hosts.flatMap(({ name, daemon }) => {
      const last = this.#last.get(name);
      return last === undefined || daemon.counters.clients.has(last) ? [] : [`${name}: the rotated Secret is not used`];
    });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const host of this.#fleet.hosts) {
        if (this.#stop.signal.aborted) return;
        this.#last.set(host.name, await this.#fleet.rotate(host));
        this.#rotations++;
        await this.#fleet.bump(host.name);
        await sleep(BETWEEN_CHANGES_MS);
      }
    }
  }
}
