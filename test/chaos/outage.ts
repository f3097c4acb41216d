import { setTimeout as sleep } from "node:timers/promises";
import type { Kube } from "../env/kube.ts";
import { ApiProxy } from "../integration/api-proxy.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import type { SummaryRow } from "../support/summary.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { settle } from "./settle.ts";

export interface OutageOptions {
  readonly kube: Kube;
  readonly hosts: number;
  readonly awayMs: number;
}

/** Everything must have converged this long after the return. */
const WITHIN_MS = 60_000;
/** How long it is watched after it has converged, for requests that go on and on. */
const AFTERMATH_MS = 5_000;

/** The API server is away for a controller, while every host gets a new generation and every Secret a new certificate. */
export async function runOutage({ kube, hosts, awayMs }: OutageOptions): Promise<readonly SummaryRow[]> {
  const proxy = await ApiProxy.start(kube);
  const fleet = await ChaosFleet.start(kube, hosts);
  const controller = await Program.controller(proxy.kube, fleet.namespace.name, LOOPBACK);
  try {
    const before = await settle(() => fleet.unsettled(), WITHIN_MS);
    if (before.length > 0) throw new Error(`the fleet did not become Ready: ${before.join("; ")}`);
    await proxy.away();
    const fingerprints = new Map<string, string>();
    for (const host of fleet.hosts) {
      fingerprints.set(host.name, await fleet.rotate(host));
      await fleet.bump(host.name);
    }
    await sleep(awayMs);
    const already = proxy.seen.length;
    await proxy.back();
    const returned = performance.now();
    const unused = () =>
      fleet.hosts.filter(({ name, daemon }) => !daemon.counters.clients.has(fingerprints.get(name) ?? ""));
    const left = await settle(
      async () => [
        ...(await fleet.unsettled()),
        ...unused().map(({ name }) => `${name}: the rotated Secret is not used`),
      ],
      WITHIN_MS,
    );
    const took = performance.now() - returned;
    await sleep(AFTERMATH_MS);
    const asked = proxy.seen.slice(already);
    const lists = asked.filter(({ method, path }) => method === "GET" && /\/(dockerhosts|secrets)$/.test(path)).length;
    // For each host: its Secret twice or thrice, two statuses, and an event or two. For each kind a list and some watches.
    const most = 10 * hosts + 20;
    return [
      {
        promise: `converges within ${WITHIN_MS / 1_000} s after ${awayMs / 1_000} s without an API server`,
        seen: left.length === 0 ? `${hosts} hosts after ${(took / 1_000).toFixed(2)} s` : left.join("; "),
        kept: left.length === 0,
      },
      { promise: "no storm of requests", seen: `${asked.length}, at most ${most}`, kept: asked.length <= most },
      { promise: "no storm of lists", seen: `${lists}, at most 4`, kept: lists <= 4 },
      {
        promise: "no exit",
        seen: controller.hasEnded ? controller.output.slice(-2_000) : "0 exits",
        kept: !controller.hasEnded,
      },
    ];
  } finally {
    await controller.stop();
    await fleet.stop();
    await proxy.close();
  }
}
