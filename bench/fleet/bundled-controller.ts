import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Kube } from "../../test/env/kube.ts";
import { waitUntil } from "../../test/env/processes/wait-until.ts";
import { type ControllerRights, releaseAccount } from "../../test/integration/controller-account.ts";
import { LOOPBACK, Program } from "../../test/integration/program.ts";
import { series } from "../../test/support/scrape.ts";

export const BUNDLE = fileURLToPath(new URL("../../dist/dockerhost.mjs", import.meta.url));
/** As in the Dockerfile. */
export const NODE_FLAGS = ["--disable-sigusr1", "--max-semi-space-size=2", "--heap-growing-percent=40"];
export const NODE_ENVIRONMENT = { NODE_ENV: "production", MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536" };
const LOOP_SAMPLER = fileURLToPath(new URL("loop-sampler.js", import.meta.url));
const ADDRESSES = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
/** The event loop's delay is sampled this often, which is what an idle process shows. */
const LOOP_RESOLUTION_MS = 20;
const SAMPLES = "loop-samples.json";
const CLOCK_TICKS_PER_SECOND = 100;
const QUIET_MS = 5_000;

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly residentMiB: number;
}

/** What a controller has counted; the delay of the event loop is that since the last look. */
export interface Look extends Usage {
  readonly apiReads: number;
  readonly apiWrites: number;
  readonly passes: number;
  readonly queueP99Seconds: number;
  readonly loopP99Ms: number;
}

/** Why the event loop of a controller was delayed, from its start to its end. */
export interface LoopSamples {
  /** The delay for which the main thread's own work can be the cause, p99. */
  readonly ownP99Ms: number;
  /** How long the main thread waited for a core. */
  readonly waitedSeconds: number;
}

/** The controller as its image starts it, with the permissions of the chart. */
export class BundledController implements AsyncDisposable {
  readonly #program: Program;
  /** From the start of the process to the first answer that it is ready. */
  readonly readyMs: number;
  /** Where the process writes its samples. */
  readonly #folder: string;

  private constructor(program: Program, readyMs: number, folder: string) {
    this.#program = program;
    this.readyMs = readyMs;
    this.#folder = folder;
  }

  static async start(kube: Kube, namespace: string, selector?: string): Promise<BundledController> {
    if (!existsSync(BUNDLE)) throw new Error("there is no bundle; run npm run build first");
    const rights: ControllerRights = { watchNamespaces: [namespace] };
    const kubeconfig = await releaseAccount(kube, rights);
    const sharding = selector === undefined ? [] : ["--watch-label-selector", selector];
    const args = ["controller", "--kubeconfig", kubeconfig, "--watch-namespaces", namespace];
    const folder = await mkdtemp(join(tmpdir(), "dockerhost-bench-"));
    const began = performance.now();
    const program = Program.start([...args, ...LOOPBACK, ...ADDRESSES, ...sharding], {
      node: [...NODE_FLAGS, "--import", LOOP_SAMPLER, BUNDLE],
      env: { ...NODE_ENVIRONMENT, LOOP_SAMPLES: join(folder, SAMPLES) },
    });
    await waitUntil("readiness", 60_000, async () => {
      if (program.hasEnded) throw new Error(`the controller ended: ${program.output.slice(-2_000)}`);
      return program.output.includes("Serving probes") && (await program.probe("/readyz")).startsWith("200");
    });
    return new BundledController(program, performance.now() - began, folder);
  }

  async look(): Promise<Look> {
    const metrics = await this.#program.metrics();
    const values = series(metrics);
    const sum = (matches: (name: string) => boolean) =>
      [...values].filter(([name]) => matches(name)).reduce((total, [, value]) => total + value, 0);
    const isRequest = (name: string) => name.startsWith("rest_client_requests_total{");
    const loopSeconds = values.get("nodejs_eventloop_lag_p99_seconds") ?? Number.NaN;
    return {
      ...(await processUsage(this.#program.pid)),
      apiReads: sum((name) => isRequest(name) && name.includes('method="GET"')),
      apiWrites: sum((name) => isRequest(name) && !name.includes('method="GET"')),
      passes: sum((name) => name.startsWith('controller_runtime_reconcile_total{controller="connection"')),
      queueP99Seconds: bucketOfPercentile(values, "workqueue_queue_duration_seconds_bucket{", 0.99),
      loopP99Ms: Math.max(0, loopSeconds * 1_000 - LOOP_RESOLUTION_MS),
    };
  }

  /** Waits until it has written nothing for a while: events follow the statuses one by one. */
  async untilQuiet(limitMs: number): Promise<void> {
    let writes = -1;
    await waitUntil("the end of the writes", limitMs, async () => {
      const { apiWrites } = await this.look();
      const isQuiet = apiWrites === writes;
      writes = apiWrites;
      if (!isQuiet) await sleep(QUIET_MS);
      return isQuiet;
    });
  }

  async stop(): Promise<LoopSamples> {
    await this.#program.stop();
    return JSON.parse(await readFile(join(this.#folder, SAMPLES), "utf8"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function processUsage(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1_024;
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
  return { cpuSeconds, peakMiB: mib("VmHWM"), residentMiB: mib("VmRSS") };
}

/** The upper end of the bucket in which the percentile is, over all series of a histogram. */
export function bucketOfPercentile(values: ReadonlyMap<string, number>, prefix: string, share: number): number {
  const buckets = new Map<number, number>();
  for (const [name, count] of values) {
    if (!name.startsWith(prefix)) continue;
    const le = /le="([^"]+)"/.exec(name)?.[1];
    const end = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    buckets.set(end, (buckets.get(end) ?? 0) + count);
  }
  const ends = [...buckets].toSorted(([a], [b]) => a - b);
  const total = ends.at(-1)?.[1] ?? 0;
  return ends.find(([, count]) => count >= total * share)?.[0] ?? Number.NaN;
}
