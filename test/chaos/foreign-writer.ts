import { setTimeout as sleep } from "node:timers/promises";
import type { DockerHostObject } from "../../src/api/docker-host.ts";
import type { ObjectMeta } from "../../src/runtime/kube-object.ts";
import type { KubeAnswer } from "../support/kube-api.ts";
import type { SituatedCondition } from "../support/situated.ts";
import type { ChaosFleet } from "./chaos-fleet.ts";

/** The label, the annotation and the type of the condition that the other writes, each with its number of writes. */
const MARK = "audit.example.com/Seen";

type Marks = Readonly<Record<"label" | "annotation" | "condition", number>>;

/** When the next write is due: this many per second, or as fast as the API server accepts them if it is slower. */
export class Pace {
  readonly #betweenMs: number;
  readonly #began = performance.now();
  #turns = 0;

  constructor(perSecond: number) {
    this.#betweenMs = 1_000 / perSecond;
  }

  async turn(): Promise<void> {
    const wait = this.#began + this.#turns++ * this.#betweenMs - performance.now();
    if (wait > 0) await sleep(wait);
  }
}

/**
 * Another writer of one DockerHost. It writes a label by merge patch, a condition by server-side apply, and an
 * annotation by replacing the whole object as it was last seen, which the API server refuses if it has changed since.
 * There are two at the same time, because each write that loses is started again: more of them get less done.
 */
export class ForeignWriter {
  readonly #fleet: ChaosFleet;
  readonly #name: string;
  readonly #pace: Pace;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  /** What the API server has taken. */
  #written: Marks = { label: 0, annotation: 0, condition: 0 };
  /** How it was last seen. */
  last: DockerHostObject | undefined;
  /** Annotations that it refused, and that were written again. */
  refused = 0;
  /** Where an answer lacked what it had taken before, in words. */
  readonly losses: string[] = [];

  constructor(fleet: ChaosFleet, name: string, pace: Pace) {
    this.#fleet = fleet;
    this.#name = name;
    this.#pace = pace;
    this.#running = Promise.all([this.#patch(), this.#replace()]);
  }

  get writes(): number {
    const { label, annotation, condition } = this.#written;
    return label + annotation + condition;
  }

  /** Ends it, and looks a last time whether all has stayed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#read();
  }

  get #path(): string {
    return `${this.#fleet.dockerHosts}/${this.#name}`;
  }

  async #patch(): Promise<void> {
    const { api } = this.#fleet;
    for (let n = 1; ; n++) {
      if (!(await this.#turn())) return;
      await this.#send({ label: n }, () => api.patch(this.#path, { metadata: { labels: { [MARK]: `${n}` } } }));
      if (!(await this.#turn())) return;
      const status = { conditions: [conditionOf(n)] };
      await this.#send({ condition: n }, () =>
        api.apply(`${this.#path}/status`, { ...identity(this.#name), status }, "auditor"),
      );
    }
  }

  async #replace(): Promise<void> {
    for (let n = 1; await this.#turn(); n++) {
      let host = this.last ?? (await this.#read());
      while ((await this.#send({ annotation: n }, () => this.#annotate(host, n))).status === 409) {
        this.refused++;
        host = await this.#read();
      }
    }
  }

  #annotate({ metadata, ...rest }: DockerHostObject, n: number): Promise<KubeAnswer> {
    const annotations = { ...metadata.annotations, [MARK]: `${n}` };
    return this.#fleet.api.replace(this.#path, { ...rest, metadata: { ...metadata, annotations } });
  }

  async #read(): Promise<DockerHostObject> {
    return (await this.#send({}, () => this.#fleet.api.get(this.#path))).body as DockerHostObject;
  }

  /** Whether there is another one. */
  async #turn(): Promise<boolean> {
    if (!this.#stop.signal.aborted) await this.#pace.turn();
    return !this.#stop.signal.aborted;
  }

  /** The answer has all that had been written before the question. */
  async #send(marks: Partial<Marks>, ask: () => Promise<KubeAnswer>): Promise<KubeAnswer> {
    const before = this.#written;
    const answer = await ask();
    if (answer.status === 409) return answer;
    this.last = answer.body as DockerHostObject;
    const found = marksOf(this.last);
    for (const [mark, number] of Object.entries({ ...before, ...marks }) as [keyof Marks, number][]) {
      if (found[mark] < number) this.losses.push(`${this.#name}: ${mark} ${number} became ${found[mark]}`);
    }
    this.#written = { ...this.#written, ...marks };
    return answer;
  }
}

function identity(name: string): object {
  return { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerHost", metadata: { name } };
}

function conditionOf(n: number): object {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return { type: MARK, status: "True", observedGeneration: 1, lastTransitionTime, reason: "Audited", message: `${n}` };
}

function marksOf({ metadata, status }: DockerHostObject): Marks {
  // We know neither labels nor conditions of other types.
  const { labels, annotations }: ObjectMeta = metadata;
  const conditions: readonly SituatedCondition[] = status?.conditions ?? [];
  return {
    label: Number(labels?.[MARK] ?? 0),
    annotation: Number(annotations?.[MARK] ?? 0),
    condition: Number(conditions.find(({ type }) => type === MARK)?.message ?? 0),
  };
}
