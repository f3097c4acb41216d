import type { Kube } from "../env/kube.ts";
import { waitUntil } from "../env/processes/wait-until.ts";
import { ApiProxy } from "../integration/api-proxy.ts";
import { type LeaseTimings, LOOPBACK, leaseFlags, Program } from "../integration/program.ts";

/** Those of production. */
export const DEFAULT_TIMINGS: LeaseTimings = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** One controller process, on a way of its own to the API server: so it is known who did what. */
export interface Replica {
  readonly program: Program;
  readonly proxy: ApiProxy;
}

export interface ReplicasOptions {
  readonly kube: Kube;
  readonly namespace: string;
  readonly timings: LeaseTimings;
}

/** Controllers of one namespace, of which one leads. */
export class Replicas implements AsyncDisposable {
  readonly #options: ReplicasOptions;
  /** Also those that have ended. */
  readonly #all: Replica[] = [];

  private constructor(options: ReplicasOptions) {
    this.#options = options;
  }

  static async start(options: ReplicasOptions, count: number): Promise<Replicas> {
    const replicas = new Replicas(options);
    for (let index = 0; index < count; index++) await replicas.add();
    return replicas;
  }

  /** One more; resolves once it stands by, or leads. */
  async add(): Promise<Replica> {
    const { kube, namespace, timings } = this.#options;
    const proxy = await ApiProxy.start(kube);
    const program = await Program.startController(proxy.kube, { watchNamespaces: [namespace] }, [
      ...[...LOOPBACK, "--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"],
      ...leaseFlags(namespace, timings),
    ]);
    const replica = { program, proxy };
    this.#all.push(replica);
    await program.says("The stores are filled");
    return replica;
  }

  get running(): readonly Replica[] {
    return this.#all.filter(({ program }) => !program.hasEnded);
  }

  async leader(): Promise<Replica> {
    let leader: Replica | undefined;
    await waitUntil("a leader", 60_000, async () => {
      leader = this.running.find(({ program }) => program.output.includes("Starting the workers"));
      return leader !== undefined;
    });
    if (leader === undefined) throw new Error("there is no leader");
    return leader;
  }

  /** Who read Secrets and wrote statuses, in the order of time, which shows who processes hosts. */
  acts(): readonly { readonly at: number; readonly by: number; readonly what: string }[] {
    const all = this.#all.flatMap(({ proxy }, by) =>
      proxy.seen.filter(isAct).map(({ at, method, path }) => ({ at, by, what: `${method} ${path}` })),
    );
    return all.toSorted((a, b) => a.at - b.at);
  }

  firstActAfter(replica: Replica, at: number): number | undefined {
    const by = this.#all.indexOf(replica);
    return this.acts().find((act) => act.by === by && act.at >= at)?.at;
  }

  /** Acts of one that had been overtaken: nobody acts again after another did. */
  overlaps(): readonly string[] {
    const over = new Set<number>();
    let current: number | undefined;
    return this.acts().flatMap(({ by, what }) => {
      if (over.has(by)) return [`replica ${by}: ${what}`];
      if (current !== undefined && current !== by) over.add(current);
      current = by;
      return [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map(({ program }) => program.stop()));
    await Promise.all(this.#all.map(({ proxy }) => proxy.close()));
  }
}

function isAct({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return (method === "PATCH" && path.endsWith("/status")) || (method === "GET" && /\/secrets\/[^/]+$/.test(path));
}
