import { isFinished } from "../../../../src/api/container-update.ts";
import type { Outcome } from "../../../../src/api/failure.ts";
import type { EngineDescription } from "../../../../src/replacement/request.ts";
import { containerUpdate, MemoryUpdates, updatableHost } from "../../../support/container-update.ts";
import { ControllerProcess } from "../../../support/controller-process.ts";
import { InstantClock } from "../../../support/instant-clock.ts";
import { lost } from "../../../support/memory-answers.ts";
import { MemoryDaemon } from "../../../support/memory-daemon.ts";
import { imageOf } from "../../../support/memory-images.ts";
import { seededRandom } from "../../seeded-random.ts";
import type { Story } from "./stories.ts";

const KEY = "fleet/web";
/** Longer than anything that an update waits for. */
const MAX_RUNS = 40;
/** What a reconciler rejects with if a status cannot be stored; it is called again. */
const RETRIED = /the API server does not answer|has changed the status of this update/;

/** A fault, and at which of the moments after the one before it. */
export interface Planned {
  readonly fault: Fault;
  /** From 1. */
  readonly at: number;
}

/**
 * A moment is a request that changes the daemon, or a write of the status. A fault may let it happen with `send`, and
 * answers for it; `lost` is the answer of a connection that was cut.
 */
export interface Moment {
  readonly world: World;
  readonly send: () => Promise<unknown>;
  readonly lost: () => Promise<unknown>;
  /** Ends the process; nothing of it reaches anything any more, so it gets no answer either. */
  readonly die: () => Promise<never>;
}

export interface Fault {
  readonly name: string;
  /** Whether a person does it, after which the end may be another one. */
  readonly isByPerson?: true;
  /** Whether it would change anything now. */
  readonly applies?: (world: World) => boolean;
  readonly strike: (moment: Moment) => Promise<unknown>;
}

/** The cluster, the daemon and the processes of one story, into which faults strike. */
export class World {
  readonly story: Story;
  readonly daemon: MemoryDaemon;
  readonly updates = new MemoryUpdates();
  readonly clock = new InstantClock();
  readonly host = updatableHost();
  /** Two transactions must not have the same id. */
  readonly random = seededRandom(1);
  readonly engine: EngineDescription;
  readonly old: string;
  /** What persons have done, as `removed ID`. */
  readonly persons: string[] = [];
  readonly log: string[] = [];
  readonly #plan: Planned[];
  #moments = 0;
  /** How many of the planned faults have struck. */
  struck = 0;
  /** Whether a planned fault could not change anything at its moment. */
  isPointless = false;
  /** Whether a person has done something while the end was stored, which therefore cannot say it. */
  isTooLate = false;

  readonly #known: Set<string>;
  /** Whether the same was left before by other processes, with the same faults to come, so that it ends the same. */
  isKnown = false;

  /** @param known what processes have left in worlds of the same story */
  constructor(story: Story, plan: readonly Planned[], known = new Set<string>()) {
    this.story = story;
    this.#known = known;
    this.#plan = [...plan];
    const { daemon, old, engine } = begin(story);
    [this.daemon, this.old, this.engine] = [daemon, old, engine];
    const spec = {
      image: imageOf("web"),
      digest: story.digest,
      health: { timeout: "5s", stableFor: "1s" },
      ...story.spec,
    };
    this.updates.put(containerUpdate(spec));
  }

  get update() {
    return this.updates.get(KEY);
  }

  /** The moments after the last fault that has struck. */
  get moments(): number {
    return this.#moments;
  }

  /** Until the update has ended. Each process leads until it dies. */
  async run(): Promise<void> {
    let runs = 0;
    for (let term = 1; ; term++) {
      const death = Promise.withResolvers<void>();
      let isDead = false;
      const die = () => {
        if (!isDead) this.#noteLeft();
        isDead = true;
        death.resolve();
        return new Promise<never>(() => undefined);
      };
      const process = new ControllerProcess(this, term, {
        request: async (send, isChange) => {
          if (isDead) return await die();
          if (!isChange) return await send();
          return (await this.#pass({ world: this, send, die, lost: async () => lost() })) as Outcome<unknown>;
        },
        save: async (save) => {
          if (isDead) return await die();
          const fail = () => Promise.reject(new Error("the API server does not answer"));
          return (await this.#pass({ world: this, send: save, die, lost: fail })) as Awaited<ReturnType<typeof save>>;
        },
      });
      while (!isDead) {
        if (this.isOver) return;
        if (++runs > MAX_RUNS) throw new Error("it does not end");
        const failed = await Promise.race([process.reconcile(KEY), death.promise]).catch((error: Error) => error);
        if (failed instanceof Error && !RETRIED.test(failed.message)) throw failed;
        if (!isDead) await process.rest();
      }
    }
  }

  get isOver(): boolean {
    return this.isPointless || this.isKnown || this.update === undefined || isFinished(this.update);
  }

  /** The next process knows nothing else. */
  #noteLeft(): void {
    const { phase, transaction, conditions = [] } = this.update?.status ?? {};
    const said = conditions.map(({ type, reason, message }) => [type, reason, message]);
    const faults = this.#plan.map(({ fault, at }) => `${fault.name} ${at}`);
    const left = JSON.stringify([
      this.daemon.snapshot(),
      phase,
      transaction,
      said,
      this.update?.spec,
      faults,
      this.persons,
    ]);
    this.isKnown = this.#known.has(left);
    this.#known.add(left);
  }

  async #pass(moment: Moment): Promise<unknown> {
    this.#moments++;
    const [next] = this.#plan;
    if (next === undefined || next.at !== this.#moments) return await moment.send();
    this.#plan.shift();
    this.#moments = 0;
    if (next.fault.applies?.(this) === false) {
      this.isPointless = true;
      return await moment.die();
    }
    this.struck++;
    this.log.push(`${next.fault.name} with ${this.daemon.list.join(", ")}`);
    const answer = await next.fault.strike(moment);
    this.isTooLate = next.fault.isByPerson === true && this.isOver;
    return answer;
  }
}

function begin({ store, policy = "always", labels = {}, withOthers, withNetworks, isStopped }: Story) {
  const daemon = new MemoryDaemon(store);
  const networks = { front: { Aliases: ["www"] }, middle: { Aliases: ["app"] }, back: {} };
  const options = withNetworks ? { networkMode: "front", networks } : {};
  const old = daemon.run("web", labels, { policy: { Name: policy }, ...options });
  if (isStopped) daemon.set(old, { state: "exited", isStopped: true });
  if (withOthers) {
    daemon.run("side", {}, { policy: { Name: policy }, networkMode: `container:${old}` });
    daemon.run("client", { "dockerhost.dev/depends-on": "web" });
  }
  const engine = { name: "Docker", apiVersion: withNetworks ? "1.41" : "1.45", os: "linux", arch: "amd64" };
  return { daemon, old, engine };
}
