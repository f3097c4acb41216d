import { setTimeout as sleep } from "node:timers/promises";
import type { Kube } from "../../test/env/kube.ts";
import { TestNamespace } from "../../test/integration/cluster.ts";
import { BundledController, type Look, type LoopSamples } from "./bundled-controller.ts";
import { ClusterHosts, type Traffic } from "./cluster-hosts.ts";
import { daemonRequests, PER_PROBE } from "./daemon-requests.ts";
import type { FleetBenchOptions, FleetShapeOptions } from "./options.ts";
import type { FleetRow } from "./rows.ts";
import { slopeOf } from "./slope.ts";

const COLD_SECONDS = 60;
const COLD_MIB = 200;
const LOOP_MS = 50;
const READY_MS = 500;
const REQUESTS_PER_PASS = 3;
const REQUESTS_PER_CHECK = 4;
/** How long a run continues after it has missed its limit, to find out by how much. */
const PATIENCE_SECONDS = 900;
const SAMPLE_MS = 10_000;
const STARTS = 5;

export interface ColdStart extends Traffic {
  readonly seconds: number;
  readonly look: Look;
}

/** Starts a controller and waits until the whole fleet is Ready and checked. */
export async function coldStart(hosts: ClusterHosts, controller: BundledController): Promise<ColdStart> {
  const seconds = controller.readyMs / 1_000 + (await hosts.settled(PATIENCE_SECONDS));
  return { seconds, look: await controller.look(), ...(await hosts.takeTraffic()) };
}

/** Part 1. */
export async function cold(kube: Kube, shape: FleetShapeOptions): Promise<readonly FleetRow[]> {
  await using hosts = await ClusterHosts.start(kube, shape);
  await using controller = await BundledController.start(kube, hosts.namespace);
  const { seconds, look, routes, registry } = await coldStart(hosts, controller);
  const bytes = await hosts.bytesPerHost();
  const samples = await controller.stop();
  const requests = daemonRequests(routes);
  const row = rowsOf(1);
  return [
    row("cold start to all Ready and checked", seconds, "s", COLD_SECONDS),
    row("peak memory", look.peakMiB, "MiB", COLD_MIB),
    row("event loop delay, p99", look.loopP99Ms, "ms", LOOP_MS),
    ...causes(1, samples),
    row("wait in the queues, p99 (end of the bucket)", look.queueP99Seconds, "s"),
    row("CPU", look.cpuSeconds, "s"),
    row("reads from the API server", look.apiReads, ""),
    row("writes to the API server per host", look.apiWrites / hosts.size, ""),
    row("requests to daemons per pass", requests.perPass, "", REQUESTS_PER_PASS),
    row("requests to daemons per check", requests.perCheck, "", REQUESTS_PER_CHECK),
    row(`probes of capabilities per host, ${PER_PROBE} requests each`, requests.probes / hosts.size, ""),
    row("requests to the registry", registry, ""),
    row("size of a DockerHost with its status", bytes / 1_024, "KiB"),
  ];
}

/** Part 2. */
export async function steady(kube: Kube, options: FleetBenchOptions): Promise<readonly FleetRow[]> {
  await using hosts = await ClusterHosts.start(kube, options);
  await using controller = await BundledController.start(kube, hosts.namespace);
  const start = await coldStart(hosts, controller);
  await controller.untilQuiet(PATIENCE_SECONDS * 1_000);
  const [before, versions] = [await controller.look(), await hosts.versions()];
  await hosts.takeTraffic();
  const began = performance.now();
  const samples: (readonly [minutes: number, mib: number])[] = [];
  let loopP99Ms = 0;
  while (performance.now() - began < options.minutes * 60_000) {
    await sleep(SAMPLE_MS);
    const { residentMiB, loopP99Ms: delay } = await controller.look();
    samples.push([(performance.now() - began) / 60_000, residentMiB]);
    loopP99Ms = Math.max(loopP99Ms, delay);
  }
  const minutes = (performance.now() - began) / 60_000;
  const after = await controller.look();
  const { daemons } = await hosts.takeTraffic();
  const rewritten = [...(await hosts.versions())].filter((version) => !versions.has(version)).length;
  await controller.stop();
  const row = rowsOf(2);
  return [
    validRun(2, start),
    row("CPU", ((after.cpuSeconds - before.cpuSeconds) / minutes / 60) * 100, "% of a core"),
    row("memory at the end", after.residentMiB, "MiB"),
    row("memory slope", slopeOf(samples), "MiB/min"),
    row("event loop delay, worst p99 of 10 s", loopP99Ms, "ms", LOOP_MS),
    row("writes to the API server", after.apiWrites - before.apiWrites, "", 0),
    row("statuses rewritten", rewritten, "", 0),
    row("connection passes per host and minute", (after.passes - before.passes) / hosts.size / minutes, ""),
    row("requests to daemons per pass", daemons / (after.passes - before.passes), "", REQUESTS_PER_PASS + 1),
  ];
}

/** How much of the delay of the event loop is the program's own work, and how much the machine's. */
function causes(part: number, { ownP99Ms, waitedSeconds }: LoopSamples): readonly FleetRow[] {
  const row = rowsOf(part);
  return [
    row("event loop delay by its own work, p99", ownP99Ms, "ms"),
    row("main thread: waiting for a core", waitedSeconds, "s"),
  ];
}

/** If not all hosts were settled, there was still work to do, and the figures of the part say nothing. */
function validRun(part: number, { seconds }: ColdStart): FleetRow {
  return rowsOf(part)("all hosts settled before it; otherwise, the run is not valid", seconds, "s", PATIENCE_SECONDS);
}

/** Part 3. */
export async function growth(kube: Kube, options: FleetBenchOptions): Promise<readonly FleetRow[]> {
  const row = rowsOf(3);
  const rows: FleetRow[] = [];
  const series = async (unit: string, sizes: readonly number[], shapeOf: (size: number) => FleetShapeOptions) => {
    const points: { size: number; start: ColdStart }[] = [];
    for (const size of sizes) {
      await using hosts = await ClusterHosts.start(kube, shapeOf(size));
      await using controller = await BundledController.start(kube, hosts.namespace);
      const start = await coldStart(hosts, controller);
      await controller.stop();
      points.push({ size, start });
      const label = `${size} ${unit}`;
      rows.push(
        row(`${label}: cold start`, start.seconds, "s"),
        row(`${label}: CPU per host`, (start.look.cpuSeconds / hosts.size) * 1_000, "ms"),
        row(`${label}: peak memory`, start.look.peakMiB, "MiB"),
        row(`${label}: requests to daemons per host`, start.daemons / hosts.size, ""),
      );
    }
    const memory = slopeOf(points.map(({ size, start }) => [size, start.look.peakMiB]));
    const time = slopeOf(points.map(({ size, start }) => [size, start.seconds]));
    const thousand = unit === "hosts" ? 1_000 : 100;
    const limit = unit === "hosts" ? 60 : undefined;
    rows.push(
      row(`memory for each further ${thousand} ${unit}, fitted`, memory * thousand, "MiB", limit),
      row(`time for each further ${thousand} ${unit}, fitted`, time * thousand, "s"),
    );
  };
  await series("hosts", options.sizes, (hosts) => ({ ...options, hosts, containers: 20 }));
  await series("containers per host", options.densities, (containers) => ({ ...options, hosts: 100, containers }));
  return rows;
}

/** Part 4. */
export async function restart(kube: Kube, shape: FleetShapeOptions): Promise<readonly FleetRow[]> {
  await using hosts = await ClusterHosts.start(kube, shape);
  await using first = await BundledController.start(kube, hosts.namespace);
  const start = await coldStart(hosts, first);
  // What it has not written yet, the second one would write.
  await first.untilQuiet(PATIENCE_SECONDS * 1_000);
  await first.stop();
  await hosts.takeTraffic();
  const versions = await hosts.versions();
  const listMs = await hosts.listMs();
  const began = performance.now();
  await using second = await BundledController.start(kube, hosts.namespace);
  // Asking the controller for its metrics meanwhile would show in the delay of its event loop.
  const traffic = await hosts.untilAnswered(hosts.size * REQUESTS_PER_PASS, PATIENCE_SECONDS);
  const look = await untilPasses(second, hosts.size);
  const seconds = (performance.now() - began) / 1_000;
  const daemons = traffic.daemons + (await hosts.takeTraffic()).daemons;
  const rewritten = [...(await hosts.versions())].filter((version) => !versions.has(version)).length;
  const samples = await second.stop();
  const row = rowsOf(4);
  return [
    validRun(4, start),
    row("start to readiness without hosts", await readyWithoutHosts(kube), "ms", READY_MS),
    {
      ...row(`start to readiness with ${hosts.size} hosts`, second.readyMs, "ms"),
      peer: `the server's list: ${Math.round(listMs)} ms`,
    },
    row("restart to a pass over every host", seconds, "s"),
    row("peak memory", look.peakMiB, "MiB", COLD_MIB),
    row("event loop delay, p99", look.loopP99Ms, "ms", LOOP_MS),
    ...causes(4, samples),
    row("writes to the API server", look.apiWrites, "", 0),
    row("statuses rewritten", rewritten, "", 0),
    row("requests to daemons per pass", daemons / look.passes, "", REQUESTS_PER_PASS),
  ];
}

/** The median of several starts, in milliseconds. */
async function readyWithoutHosts(kube: Kube): Promise<number> {
  const namespace = await TestNamespace.create(kube);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => namespace.delete());
  const starts: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    await using controller = await BundledController.start(kube, namespace.name);
    starts.push(controller.readyMs);
  }
  return starts.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Number.NaN;
}

export async function untilPasses(controller: BundledController, passes: number): Promise<Look> {
  const deadline = performance.now() + PATIENCE_SECONDS * 1_000;
  for (;;) {
    const look = await controller.look();
    if (look.passes >= passes) return look;
    if (performance.now() > deadline) throw new Error(`fewer than ${passes} passes in ${PATIENCE_SECONDS} s`);
    await sleep(250);
  }
}

export function rowsOf(part: number) {
  return (name: string, measured: number, unit: string, limit?: number): FleetRow => ({
    part,
    name,
    measured,
    unit,
    ...(limit !== undefined && { limit }),
  });
}
