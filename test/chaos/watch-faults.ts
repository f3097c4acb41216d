import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdFacts } from "../env/etcd.ts";
import type { Kube } from "../env/kube.ts";
import { ApiProxy, type RequestFilter, type SeenRequest } from "../integration/api-proxy.ts";
import { LOOPBACK, Program } from "../integration/program.ts";
import { ChaosFleet } from "./chaos-fleet.ts";
import { MIRROR, Mirror } from "./mirror.ts";
import { seededRandom, shuffledForever } from "./seeded-random.ts";
import { settle } from "./settle.ts";
import { formatTimes, type SummaryRow } from "./summary.ts";
import { compact, startUncachedKube } from "./uncached-kube.ts";

export interface WatchFaultsOptions {
  readonly kube: Kube;
  readonly etcd: EtcdFacts;
  /** At least so many; each strikes one watch. */
  readonly faults: number;
  readonly seed: number;
  readonly inactivityMs: number;
  /** Within so long after a fault everything is to be as the server has it. */
  readonly withinMs: number;
}

/** What strikes a single watch, be it on the way to its next request. */
const SINGLE = ["429", "500", "reset", "half-open", "truncate", "slow list"] as const;
/** What strikes all of them. */
const COMMON = ["compaction", "away"] as const;
/** After a watch that held for less the waits grow, as they should: each fault is to be one of its own. */
const BETWEEN_FAULTS_MS = 2_200;
const HOSTS = 4;

/**
 * A controller and the runtime's own reflectors reach a real API server by a way on which things go wrong. In each round
 * each of their watches is struck while Secrets are rotated, and hosts are changed, created and deleted.
 */
export async function runWatchFaults(options: WatchFaultsOptions): Promise<readonly SummaryRow[]> {
  const { etcd, faults, inactivityMs, withinMs } = options;
  const random = seededRandom(options.seed);
  const kube = await startUncachedKube(options.kube);
  const proxy = await ApiProxy.start(kube);
  const fleet = await ChaosFleet.start(options.kube, HOSTS);
  const paths = [fleet.dockerHosts, fleet.secrets];
  const limit = ["--watch-inactivity-limit", `${inactivityMs}ms`];
  const controller = await Program.controller(proxy.kube, fleet.namespace.name, [...LOOPBACK, ...limit]);
  const [settledMs, struck, diverged]: [number[], Map<string, number>, string[]] = [[], new Map(), []];
  let rotations = 0;
  try {
    await using mirror = new Mirror(proxy.kube, paths, inactivityMs);
    const difference = async (used: () => boolean): Promise<readonly string[]> => {
      const lists = await Promise.all(paths.map((path) => fleet.list(path)));
      const cached = paths.flatMap((path, index) => mirror.differences(path, lists[index] ?? []));
      return [...cached, ...(await fleet.unsettled()), ...(used() ? [] : ["the rotated Secret is not used"])];
    };
    await settle(() => difference(() => true), 60_000);

    const kinds = shuffledForever([...SINGLE, ...SINGLE, ...COMMON], random);
    const count = (kind: string, watches: number) => struck.set(kind, (struck.get(kind) ?? 0) + watches);
    const strikeEach = async (first: (typeof SINGLE)[number]) => {
      const watchers = [MIRROR, "dockerhost-operator"].flatMap((client) => paths.map((path) => ({ client, path })));
      for (const [index, watcher] of watchers.entries()) {
        let kind = index === 0 ? first : kinds.next().value;
        while (kind === "compaction" || kind === "away") kind = kinds.next().value;
        strikeOne(proxy, kind, (seen) => seen.path === watcher.path && seen.userAgent.startsWith(watcher.client));
        count(kind, 1);
      }
    };
    for (let round = 0; total(struck) < faults; round++) {
      const rotated = fleet.hosts[round % HOSTS];
      const bumped = fleet.hosts[(round + 1) % HOSTS];
      if (rotated === undefined || bumped === undefined) throw new Error("there are no hosts");
      const kind = kinds.next().value;
      if (kind === "away") await proxy.away();
      else if (kind === "compaction") proxy.strike(() => true, "half-open");
      else await strikeEach(kind);
      const began = performance.now();
      const fingerprint = await fleet.rotate(rotated);
      rotations++;
      await fleet.bump(bumped.name);
      if (round % 2 === 0) await fleet.createHost(`extra-${round}`, bumped);
      else await fleet.api.delete(`${fleet.dockerHosts}/extra-${round - 1}`);
      if (kind === "compaction") {
        await compact(etcd);
        count(
          kind,
          proxy.strike(() => true, "reset"),
        );
      } else if (kind === "away") {
        await sleep(random() * 1_500);
        await proxy.back();
        count(kind, 4);
      }
      const left = await settle(() => difference(() => rotated.daemon.counters.clients.has(fingerprint)), withinMs);
      settledMs.push(performance.now() - began);
      diverged.push(...left.map((each) => `round ${round}, ${kind}: ${each}`));
      if (left.length > 0 || controller.hasEnded) break;
      await sleep(BETWEEN_FAULTS_MS);
    }
    const gone = mirror.causes.get("Gone") ?? 0;
    const kindsSeen = [...struck].map(([kind, times]) => `${times} ${kind}`).join(", ");
    return [
      {
        promise: `${faults} watch faults, after each the cache equals the server`,
        seen: `${total(struck)}: ${kindsSeen}; ${diverged.length === 0 ? "0 divergences" : diverged.join("; ")}`,
        kept: diverged.length === 0 && total(struck) >= faults,
      },
      { promise: `within ${withinMs / 1_000} s`, seen: formatTimes(settledMs), kept: diverged.length === 0 },
      { promise: "a version that was really compacted is refused", seen: `${gone} times 410`, kept: gone > 0 },
      {
        promise: "Secrets rotated during the faults are used",
        seen: `${rotations} of ${rotations}`,
        kept: diverged.length === 0,
      },
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
    await kube.stop();
  }
}

function strikeOne(proxy: ApiProxy, kind: (typeof SINGLE)[number], isWatcher: (seen: SeenRequest) => boolean): void {
  const watches: RequestFilter = (seen) => seen.method === "WATCH" && isWatcher(seen);
  const lists: RequestFilter = (seen) => seen.method === "GET" && isWatcher(seen);
  if (kind === "429") proxy.fail(watches, { kind: "status", status: 429, retryAfterSeconds: 1 });
  if (kind === "500") proxy.fail(watches, { kind: "status", status: 500 });
  if (kind === "slow list") proxy.fail(lists, { kind: "slow", ms: 1_500 });
  if (kind === "429" || kind === "500") proxy.strike(watches, "end");
  // What was cut off is only got past by a list.
  else proxy.strike(watches, kind === "slow list" ? "truncate" : kind);
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
